"""What every page owes to people who do not see it, or see it differently: checked in the page itself."""

from playwright.sync_api import Page

_SCRIPT = r"""
() => {
  const wrong = [];
  const shown = (node) => node.checkVisibility({ checkVisibilityCSS: true, checkOpacity: false });
  const say = (node) => `${node.tagName.toLowerCase()}${node.id ? "#" + node.id : ""}.${[...node.classList].join(".")}`;
  const name = (node) => {
    const ids = (node.getAttribute("aria-labelledby") || "").split(" ");
    const by = ids.map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
    const labels = [...(node.labels ?? [])].map((label) => label.textContent).join(" ");
    return [node.getAttribute("aria-label"), by, labels, node.textContent, node.alt].find((text) => text && text.trim()) ?? "";
  };
  for (const node of document.querySelectorAll("a, button, input:not([type=hidden]), textarea, select, summary, dialog, [role=img]")) {
    if (shown(node) && !name(node).trim()) wrong.push(`no name: ${say(node)}`);
  }
  for (const node of document.querySelectorAll("img")) if (!node.hasAttribute("alt")) wrong.push(`no alt: ${say(node)}`);
  for (const node of document.querySelectorAll("section")) if (!name(node)) wrong.push(`no name: ${say(node)}`);
  for (const tag of ["main", "h1", "header"]) {
    const count = [...document.querySelectorAll(tag === "header" ? "body > header" : tag)].filter(shown).length;
    if (count !== 1) wrong.push(`${count} × ${tag}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push(`id twice: ${id}`);
  for (const node of document.querySelectorAll("[aria-describedby], [aria-labelledby], label[for]")) {
    const named = [node.getAttribute("aria-describedby"), node.getAttribute("aria-labelledby"), node.getAttribute("for")].filter(Boolean);
    for (const id of named.join(" ").split(" ")) if (!document.getElementById(id)) wrong.push(`points at nothing: ${id}`);
  }
  let level = 0;
  for (const node of [...document.querySelectorAll("main h1, main h2, main h3, main h4")].filter(shown)) {
    const now = Number(node.tagName[1]);
    if (now > level + 1) wrong.push(`heading skips a level: ${node.textContent.trim().slice(0, 40)}`);
    level = now;
  }
  if (!document.documentElement.lang) wrong.push("no language");
  if (document.documentElement.scrollWidth > window.innerWidth) wrong.push(`scrolls sideways: ${document.documentElement.scrollWidth}`);

  const parse = (text) => {
    const numbers = (text.match(/[\d.]+(?:e-?\d+)?/g) ?? []).map(Number);
    const scale = text.startsWith("color(") ? 255 : 1;
    return [numbers[0] * scale, numbers[1] * scale, numbers[2] * scale, numbers[3] ?? 1];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const ground = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
  };
  const light = (color) => {
    const [r, g, b] = color.slice(0, 3).map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || seen.has(node) || !shown(node) || node.closest("noscript, .unseen, .skip")) continue;
    seen.add(node);
    const back = ground(node);
    const front = over(parse(getComputedStyle(node).color), back);
    const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) wrong.push(`contrast ${ratio.toFixed(2)}: ${say(node)} "${node.textContent.trim().slice(0, 30)}"`);
  }
  return wrong;
}
"""


def complaints(page: Page) -> list[str]:
    """Give what is wrong with a page: nameless controls, missing landmarks, double ids, sideways scrolling, contrast below 4.5:1."""
    found: list[str] = page.evaluate(_SCRIPT)
    return found
