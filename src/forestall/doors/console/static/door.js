// Making an account: says how strong a password is, and shows it on request. Nothing typed leaves the page before it is sent.

export function startDoor() {
  for (const button of document.querySelectorAll("[data-shows]")) {
    const fields = button.dataset.shows.split(" ").map((id) => document.getElementById(id));
    const show = button.textContent;
    button.addEventListener("click", () => {
      const open = fields[0].type === "password";
      for (const field of fields) field.type = open ? "text" : "password";
      button.textContent = open ? button.dataset.hide : show;
    });
  }
  const password = document.querySelector("[data-strength]");
  if (!password) return;
  const said = document.getElementById(password.dataset.strength);
  const meter = document.getElementById("strength-meter");
  const name = document.getElementById("name");
  const least = Number(password.getAttribute("minlength"));
  const judge = () => {
    const level = strength(password.value, name.value, least);
    meter.value = level;
    said.textContent = password.value ? said.dataset[["short", "name", "plain", "good", "great"][level]] : "";
  };
  password.addEventListener("input", judge);
  name.addEventListener("input", judge);
}

// 0 too short, 1 holds the name, 2 long enough, 3 good, 4 very good: by length, kinds of characters and different words.
function strength(password, name, least) {
  const length = [...password].length;
  if (length < least) return 0;
  if (name.length > 2 && password.toLowerCase().includes(name.toLowerCase())) return 1;
  const different = new Set(password).size;
  const words = new Set(password.toLowerCase().split(/[\s._-]+/).filter((word) => word.length > 2)).size;
  if (different < 7) return 2;
  if (words >= 4 || length >= 20) return 4;
  return words >= 3 || length >= 15 || different >= 12 ? 3 : 2;
}
