// The console's script. Pages work without it; it adds keys, the filter, quick reasons and looking at pictures.
import { listen } from "./keys.js";
import { startCase } from "./case.js";
import { startDoor } from "./door.js";
import { startList } from "./list.js";
import { startPeek } from "./peek.js";

for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
for (const part of document.querySelectorAll("[data-without-script]")) part.hidden = true;

const overlay = document.getElementById("keys");

function startMenus() {
  for (const form of document.querySelectorAll("[data-submits-itself]")) {
    form.addEventListener("change", () => form.requestSubmit());
  }
  for (const button of document.querySelectorAll("[data-opens]")) {
    button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());
  }
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
}

function startKeys() {
  const actions = {
    Escape: (event) => {
      for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
      if (event.target instanceof HTMLElement) event.target.blur();
    },
  };
  if (overlay) actions["?"] = () => overlay.showModal();
  for (const link of document.querySelectorAll("a[data-key]")) actions[link.dataset.key] = () => link.click();
  return actions;
}

startMenus();
startDoor();
listen({ ...startKeys(), ...startList(), ...startCase(), ...startPeek() });
// Only where rules are edited: most who decide cases never do.
if (document.querySelector("[data-editor]")) import("./rules.js").then(({ startRules }) => startRules());
