// The list: moving between rows, and the filter over what is on the page.

export function startList() {
  const list = document.getElementById("rows");
  if (!list) return {};
  const rows = [...list.querySelectorAll(".row")];
  const filter = document.getElementById("filter");
  startFilter(filter, rows);

  const shown = () => rows.filter((row) => !row.hidden);
  const move = (step) => {
    const open = shown();
    const at = open.indexOf(document.activeElement?.closest(".row"));
    const next = at < 0 ? (step > 0 ? 0 : open.length - 1) : Math.min(open.length - 1, Math.max(0, at + step));
    const link = open[next]?.querySelector("h2 a");
    link?.focus({ focusVisible: true });
    open[next]?.scrollIntoView({ block: "nearest" });
  };
  const down = () => move(1);
  const up = () => move(-1);
  const focusFilter = () => filter.focus();
  return { j: down, k: up, ArrowDown: down, ArrowUp: up, "/": focusFilter };
}

function startFilter(filter, rows) {
  const said = document.querySelector("[data-filter-count]");
  const texts = rows.map((row) => `${row.dataset.words} ${row.textContent}`.toLocaleLowerCase());
  filter.addEventListener("input", () => {
    const words = filter.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    rows.forEach((row, at) => {
      row.hidden = !words.every((word) => texts[at].includes(word));
      if (!row.hidden) left += 1;
    });
    said.textContent = !words.length ? "" : left ? `${left} / ${rows.length}` : said.dataset.none;
  });
  filter.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      rows.find((row) => !row.hidden)?.querySelector("h2 a").focus({ focusVisible: true });
    } else if (event.key === "Escape") {
      filter.value = "";
      filter.dispatchEvent(new Event("input"));
      filter.blur();
    }
  });
}
