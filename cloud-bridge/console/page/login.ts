// The log-in page. It stands at /login.html, and at /login?token=… where a one-time link did not work.

import { Api, Refusal } from "./centre/api";
import { el, setText } from "./dom";
import { chooseLanguage, language, recallLanguage, say, type Word } from "./words/i18n";

recallLanguage();
const api = new Api();

const name_input = el("input", { id: "operator", name: "operator", autocomplete: "username", required: true });
const password_input = el("input", {
  id: "password",
  name: "password",
  type: "password",
  autocomplete: "current-password",
  required: true,
});
const name_label = el("label", { for: "operator" });
const password_label = el("label", { for: "password" });
const send = el("button", { type: "submit", class: "wide" });
const switch_language = el("button", { type: "button", class: "plain", id: "language" });
const title = el("h1");
const message = el("p", { class: "warn", role: "alert", id: "message" });
const form = el("form", {}, name_label, name_input, password_label, password_input, message, send);

let told: Word | null = firstMessage();

function firstMessage(): Word | null {
  const asked = new URLSearchParams(location.search);
  if (asked.has("token")) return "login_link_used";
  if (asked.get("why") === "session") return "login_again";
  return null;
}

function draw(): void {
  document.title = `${say("log_in")} · ${say("product")}`;
  setText(title, `${say("product")} · ${say("console")}`);
  setText(name_label, say("operator"));
  setText(password_label, say("password"));
  setText(send, say("log_in"));
  setText(switch_language, say("language"));
  setText(message, told ? say(told) : "");
}

switch_language.addEventListener("click", () => {
  chooseLanguage(language() === "zh" ? "en" : "zh");
  draw();
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  send.disabled = true;
  api.logIn(name_input.value.trim(), password_input.value).then(
    () => location.replace("/"),
    (fault: unknown) => {
      told = fault instanceof Refusal && fault.status > 0 && fault.status < 500 ? "login_wrong" : "login_no_answer";
      if (fault instanceof Refusal && fault.status === 429 && fault.words) {
        setText(message, fault.words[language()]);
      } else {
        draw();
      }
      send.disabled = false;
      password_input.select();
    },
  );
});

document.getElementById("app")?.append(el("main", { class: "login" }, switch_language, title, form));
draw();
name_input.focus();

// Whoever is logged in already needs no form, unless a link was to log in somebody else.
if (told !== "login_link_used") {
  api.session().then(
    () => location.replace("/"),
    () => undefined,
  );
}
