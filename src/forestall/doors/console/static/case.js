// One case: answering by keyboard, and marks and findings that light each other up.
import { isTyping } from "./keys.js";

export function startCase() {
  startMarks();
  const form = document.getElementById("answer");
  return form ? startAnswer(form) : {};
}

function startAnswer(form) {
  const reason = form.elements.namedItem("reason");
  const say = form.querySelector("[data-say]");
  const needed = form.querySelector("[data-reason-needed]");
  const free = form.querySelector("[data-reason-free]");
  const quick = form.querySelector("[data-quick]");
  const chosen = () => form.querySelector("[name=choice]:checked");
  const overrules = () => chosen()?.dataset.agrees === "no";
  let sent = false;

  const show = () => {
    needed.hidden = !overrules();
    free.hidden = overrules();
    quick.hidden = !overrules();
    reason.required = overrules();
    say.textContent = "";
  };
  form.noValidate = true;
  form.addEventListener("change", show);
  show();

  form.addEventListener("submit", (event) => {
    const missing = !chosen() ? form.dataset.chooseFirst : overrules() && !reason.value.trim() ? form.dataset.reasonFirst : "";
    if (missing || sent) event.preventDefault();
    say.textContent = missing;
    if (missing && chosen()) reason.focus();
    sent ||= !missing;
  });
  window.addEventListener("pageshow", () => { sent = false; });

  reason.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });

  const actions = {};
  for (const input of form.querySelectorAll("[data-digit]")) {
    actions[input.dataset.digit] = () => {
      input.checked = true;
      input.focus();
      show();
    };
  }
  for (const chip of form.querySelectorAll("[data-reason]")) {
    const put = () => {
      if (quick.hidden) return;
      const text = reason.value.trim();
      if (!text.includes(chip.dataset.reason)) reason.value = text ? `${text} ${chip.dataset.reason}` : chip.dataset.reason;
      say.textContent = "";
    };
    chip.addEventListener("click", put);
    actions[chip.dataset.reasonKey] = put;
  }
  actions.Enter = (event) => {
    const target = event.target;
    if (target instanceof HTMLElement && !isTyping(target) && target.closest("a, button, summary")) return false;
    form.requestSubmit();
    return true;
  };
  return actions;
}

function startMarks() {
  const light = (numbers, on) => {
    for (const number of numbers) document.getElementById(`finding-${number}`)?.classList.toggle("lit", on);
  };
  for (const mark of document.querySelectorAll("mark[data-findings]")) {
    const numbers = mark.dataset.findings.split(" ");
    for (const [name, on] of [["pointerenter", true], ["pointerleave", false], ["focusin", true], ["focusout", false]]) {
      mark.addEventListener(name, () => light(numbers, on));
    }
  }
  for (const finding of document.querySelectorAll("[data-finding]")) {
    const marks = [...document.querySelectorAll("mark[data-findings]")].filter((mark) => mark.dataset.findings.split(" ").includes(finding.dataset.finding));
    const toggle = (on) => marks.forEach((mark) => mark.classList.toggle("lit", on));
    finding.addEventListener("pointerenter", () => toggle(true));
    finding.addEventListener("pointerleave", () => toggle(false));
  }
}
