// The page's beginning: whoever is logged in gets the desk, everybody else the log-in page.

import { Api, Refusal } from "./centre/api";
import { Desk } from "./desk/desk";
import { recallLanguage } from "./words/i18n";

recallLanguage();
const root = document.getElementById("app");
if (root) void start(root);

async function start(at: HTMLElement): Promise<void> {
  const api = new Api();
  for (;;) {
    try {
      const session = await api.session();
      new Desk(at, api, session.operator).begin();
      return;
    } catch (fault) {
      if (fault instanceof Refusal && fault.status === 401) {
        location.replace("/login.html");
        return;
      }
      // No answer yet: a page that was opened while the centre starts must come by itself.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}
