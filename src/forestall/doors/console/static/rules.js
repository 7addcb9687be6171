// The editor of rules: it asks while somebody types whether they hold together, and completes the words rules know.

const PAUSE = 500;
const MOST = 8;

export function startRules() {
  const form = document.querySelector("[data-editor]");
  const text = form.querySelector("textarea");
  watch(form, text);
  complete(form, text);
  if (location.hash) find(text, `id: ${location.hash.slice(1)}`);
}

function watch(form, text) {
  const said = document.getElementById("editor-said");
  let waiting = 0;
  let asked = 0;
  text.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const number = (asked += 1);
      const answer = await fetch(form.dataset.check, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (!answer.ok || number !== asked) return;
      const told = await answer.json();
      const shown = document.createElement(told.holds ? "p" : "pre");
      shown.dir = told.holds ? "auto" : "ltr";
      shown.textContent = told.holds ? form.dataset.holds : told.what;
      said.dataset.holds = told.holds;
      said.replaceChildren(shown);
    }, PAUSE);
  });
}

function complete(form, text) {
  const list = document.getElementById("completions");
  const known = form.dataset.known.split(" ");
  let chosen = 0;
  const close = () => {
    list.hidden = true;
    text.removeAttribute("aria-activedescendant");
  };
  const begun = () => text.value.slice(0, text.selectionStart).match(/[a-z][a-z0-9_-]*$/)?.[0] ?? "";
  const mark = () => {
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === chosen)));
    text.setAttribute("aria-activedescendant", `completion-${chosen}`);
  };
  const take = (word) => {
    const start = text.selectionStart - begun().length;
    text.setRangeText(word, start, text.selectionStart, "end");
    close();
    text.dispatchEvent(new Event("input"));
    close();
  };
  const offer = () => {
    const word = begun();
    const found = word.length < 2 ? [] : known.filter((one) => one.startsWith(word) && one !== word).slice(0, MOST);
    list.replaceChildren(
      ...found.map((one, at) => {
        const item = document.createElement("li");
        item.id = `completion-${at}`;
        item.setAttribute("role", "option");
        item.textContent = one;
        item.addEventListener("mousedown", (event) => {
          event.preventDefault();
          take(one);
        });
        return item;
      }),
    );
    chosen = 0;
    list.hidden = !found.length;
    if (found.length) mark();
    else close();
  };
  text.setAttribute("aria-controls", "completions");
  text.setAttribute("aria-autocomplete", "list");
  text.addEventListener("input", offer);
  text.addEventListener("blur", close);
  text.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      chosen = (chosen + step + list.children.length) % list.children.length;
      mark();
    } else if (event.key === "Tab" || event.key === "Enter") {
      event.preventDefault();
      take(list.children[chosen].textContent);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      close();
    }
  });
}

function find(text, words) {
  const at = text.value.indexOf(words);
  if (at < 0) return;
  text.focus();
  text.setSelectionRange(at, at + words.length);
  const lines = text.value.slice(0, at).split("\n").length;
  text.scrollTop = Math.max(0, lines - 4) * parseFloat(getComputedStyle(text).lineHeight);
}
