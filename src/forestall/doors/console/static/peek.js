// Looking at a picture. Nothing is fetched before someone holds the button, and nothing stays after they let go:
// the pixels are drawn on a canvas that is emptied, never kept in the page or the browser's cache.

export function startPeek() {
  const files = [...document.querySelectorAll("[data-peek]")].map((item) => new File(item));
  if (!files.length) return {};
  const letGo = () => files.forEach((file) => file.hide());
  for (const event of ["blur", "pagehide"]) window.addEventListener(event, letGo);
  document.addEventListener("visibilitychange", letGo);
  document.addEventListener("keyup", letGo);
  const current = () => files.find((file) => file.item.contains(document.activeElement)) ?? files[0];
  const press = () => {
    const file = current();
    file.button.focus({ focusVisible: true });
    file.press();
  };
  return { v: press, g: () => current().toggle() };
}

class File {
  constructor(item) {
    this.item = item;
    this.button = item.querySelector(".hold");
    this.word = this.button.querySelector("span");
    this.coming = item.querySelector(".coming");
    this.canvas = item.querySelector("canvas");
    this.said = item.querySelector("[data-status]");
    this.which = item.querySelector(".which");
    this.details = [...item.querySelectorAll(".segments input")];
    this.number = 0;
    this.count = 1;
    this.request = null;
    this.listen();
  }

  listen() {
    const { button } = this;
    button.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      button.setPointerCapture(event.pointerId);
      this.press();
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) button.addEventListener(name, () => this.hide());
    button.addEventListener("contextmenu", (event) => event.preventDefault());
    button.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      if (!event.repeat) this.press();
    });
    button.addEventListener("keyup", (event) => {
      if (event.key === " " || event.key === "Enter") event.preventDefault();
      this.hide();
    });
    for (const step of this.which.querySelectorAll("[data-step]")) {
      step.addEventListener("click", () => {
        this.number = (this.number + Number(step.dataset.step) + this.count) % this.count;
        this.nth();
      });
    }
  }

  // The first press says what is coming; from then on a press shows it for as long as it lasts.
  press() {
    if (this.coming.hidden) {
      this.coming.hidden = false;
      this.word.textContent = this.item.dataset.hold;
      this.said.textContent = this.coming.textContent.trim().replace(/\s+/g, " ");
      return;
    }
    if (!this.request) this.show();
  }

  async show() {
    const request = new AbortController();
    const detail = this.details.find((input) => input.checked).value;
    this.request = request;
    this.button.setAttribute("aria-pressed", "true");
    this.word.textContent = this.item.dataset.holding;
    this.said.textContent = this.item.dataset.opening;
    try {
      const picture = await this.fetch(detail, request.signal);
      if (this.request === request) this.draw(picture, detail);
      picture.close();
    } catch (error) {
      if (!request.signal.aborted) this.said.textContent = `${this.item.dataset.failed} ${error.message}`;
    }
  }

  async fetch(detail, signal) {
    const body = new URLSearchParams({ form_token: this.item.dataset.token, detail });
    const answer = await fetch(`${this.item.dataset.peek}${this.number}`, { method: "POST", body, signal, redirect: "error" });
    if (!answer.ok || answer.headers.get("content-type") !== "image/png") throw new Error(answer.status === 422 ? await answer.text() : String(answer.status));
    this.count = Number(answer.headers.get("forestall-pictures")) || 1;
    return createImageBitmap(await answer.blob());
  }

  draw(picture, detail) {
    this.canvas.width = picture.width;
    this.canvas.height = picture.height;
    this.canvas.dataset.detail = detail;
    this.canvas.getContext("2d").drawImage(picture, 0, 0);
    this.canvas.hidden = false;
    this.item.classList.add("open");
    this.said.textContent = "";
    this.nth();
  }

  hide() {
    if (!this.request) return;
    this.request.abort();
    this.request = null;
    this.canvas.hidden = true;
    this.canvas.width = 0;
    this.canvas.height = 0;
    this.item.classList.remove("open");
    this.button.setAttribute("aria-pressed", "false");
    this.word.textContent = this.item.dataset.hold;
    if (this.said.textContent === this.item.dataset.opening) this.said.textContent = "";
  }

  nth() {
    this.which.hidden = this.count < 2;
    this.which.querySelector("[data-nth]").textContent = `${this.number + 1} / ${this.count}`;
  }

  toggle() {
    const other = this.details.find((input) => !input.checked);
    if (other && !this.request) other.checked = true;
  }
}
