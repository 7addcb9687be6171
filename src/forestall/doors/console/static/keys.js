// Single keys. They rest while someone types, while a dialog is open, and where someone turned them off (WCAG 2.1.4).

const BY_PLACE = { Slash: "/", Comma: ",", Period: "." };

// Gives the key by its Latin letter, also on an Arabic, Persian or Cyrillic keyboard, where the same place writes another letter.
export function keyOf(event) {
  if (event.key.length !== 1 || (event.key >= " " && event.key <= "~")) return event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const place = /^(?:Key|Digit|Numpad)([A-Z0-9])$/.exec(event.code);
  if (place) return place[1].toLowerCase();
  const sign = BY_PLACE[event.code] ?? event.key;
  return sign === "/" && event.shiftKey ? "?" : sign;
}

export function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["radio", "checkbox", "button", "submit"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}

function rests(event, key) {
  if (event.defaultPrevented || event.isComposing || event.metaKey || event.altKey || event.ctrlKey) return true;
  if (key === "Escape") return Boolean(document.querySelector("dialog[open]"));
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return true;
  return document.documentElement.dataset.shortcuts === "off" && key.length === 1;
}

// Calls actions[key](event) for a key that is not resting; an action that returns false leaves the key to the browser.
export function listen(actions) {
  document.addEventListener("keydown", (event) => {
    const key = keyOf(event);
    if (!(key in actions) || rests(event, key)) return;
    if (event.repeat && key !== "j" && key !== "k") return event.preventDefault();
    if (actions[key](event) !== false) event.preventDefault();
  });
}
