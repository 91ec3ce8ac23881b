// A centre that lives in this process and keeps nothing: the HTTP API as the page knows it, with switches for
// what a real one only does in bad hours. By hand: node fake_centre.mjs --port 8080 --alarms 4
import { readFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, "../../..");
export const bundle =
  process.env.ANBAN_PAGE_BUNDLE ?? path.join(root, "build/dev/cloud-bridge/console/bundle");
const page = path.join(root, "cloud-bridge/console/page");

// The policy as the page's library declares it, so that the test and the product can't differ.
const policy = readFileSync(path.join(root, "cloud-bridge/console/pages.hpp"), "utf8")
  .split("content_security_policy =")[1]
  .split(";\n")[0]
  .match(/"([^"]*)"/g)
  .map((part) => part.slice(1, -1))
  .join("");

const html = "text/html; charset=utf-8";
const script = "text/javascript; charset=utf-8";
const files = {
  "/": [path.join(bundle, "index.html"), html],
  "/login.html": [path.join(bundle, "login.html"), html],
  "/login": [path.join(bundle, "login.html"), html],
  "/icon.svg": [path.join(page, "icon.svg"), "image/svg+xml; charset=utf-8"],
  "/app.js": [path.join(bundle, "app.js"), script],
  "/login.js": [path.join(bundle, "login.js"), script],
  "/tick.js": [path.join(bundle, "tick.js"), script],
  "/app.css": [path.join(bundle, "app.css"), "text/css; charset=utf-8"],
};

const people = [
  ["r-wang", "王秀英", "王奶奶家", "静安区南京西路 1038 弄 6 号 302 室", "021-6258 1038"],
  ["r-li", "李建国", "李爷爷家", "静安区愚园路 172 号 5 楼", "021-6248 0172"],
  ["r-chen", "陈阿妹", "陈阿婆家", "静安区康定路 88 弄 12 号 101 室", "138 0000 0088"],
  ["r-zhao", "赵德明", "赵老师家", "静安区武定路 15 号", "139 0000 0015"],
];
const rooms = [["bedroom", "卧室"], ["bathroom", "卫生间"], ["living", "客厅"]];
const rank = { high: 0, medium: 1, low: 2 };

export class FakeCentre {
  alarms = new Map();
  presses = new Map();
  actions = new Map();
  requests = [];
  beat_ms = 5000;
  trouble = ""; // what the beats say is wrong with the centre
  #feeds = new Set();
  #operator = "li";
  #logged_in = true;
  #server;
  #timer;
  #sockets = new Set();
  #next_event = 1;
  #events = [];

  // Logged in from the beginning unless told otherwise; the cookie is not what these tests are about.
  constructor({ operator = "li", logged_in = true } = {}) {
    this.#operator = operator;
    this.#logged_in = logged_in;
  }

  async start(port = 0) {
    this.#server = http.createServer((request, answer) => void this.#serve(request, answer));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    await new Promise((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    this.#timer = setInterval(() => this.#beat(), this.beat_ms);
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  get port() {
    return this.#server.address().port;
  }

  // The machine is gone: every connection ends and none is accepted.
  async stop() {
    clearInterval(this.#timer);
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    this.#feeds.clear();
    await closed;
  }

  // The line stands but nothing comes any more, as on a half-open connection.
  freeze() {
    clearInterval(this.#timer);
    this.frozen = true;
  }

  // `same_streams: false`: the old connections stay dead for ever, only new ones get an answer.
  thaw({ same_streams = true } = {}) {
    this.frozen = false;
    if (!same_streams) this.#feeds.clear();
    this.#timer = setInterval(() => this.#beat(), this.beat_ms);
  }

  endSession() {
    this.#logged_in = false;
  }

  raise(change = {}) {
    const n = this.alarms.size;
    const [resident, name, home, address, phone] = people[n % people.length];
    const [room, room_name] = rooms[n % rooms.length];
    const now = new Date().toISOString();
    const alarm = {
      id: (n + 1).toString(16).padStart(32, "0"),
      gateway: `gw-${String(n + 1).padStart(4, "0")}`,
      home: { known: true, name: home, address, phone },
      resident: { id: resident, name },
      room: { id: room, name: room_name },
      subject: `resident/${resident}`,
      rule: "sos",
      title: { zh: "呼救", en: "SOS" },
      class: "life-safety",
      priority: "high",
      lane: "p0",
      queue: "alarm",
      phase: "active",
      state: "open",
      test: false,
      unregistered_device: false,
      raised_at: now,
      raised_clock: "synchronised",
      received_at: now,
      stored: true,
      stored_at: now,
      press_count: 1,
      device: "button-1",
      revision: { start: 1, n: 1 },
      last_press_revision: { start: 1, n: 1 },
      epoch: 0,
      taken_by: null,
      taken_at: null,
      on_the_way_at: null,
      closed_at: null,
      closing_code: null,
      reopened: false,
      because: "button-1 pressed its red key",
      evidence: [{ device: "mat-1", signal: "bed_occupied", value: 0, unit: "", at: now },
        { device: "band-1", signal: "heart_rate", value: 96, unit: "bpm", at: now }],
      ...change,
    };
    this.alarms.set(alarm.id, alarm);
    this.presses.set(alarm.id, [
      { device: alarm.device, boot: "1a2b", sequence: 1, signal: "sos", at: alarm.raised_at, repeat: false },
    ]);
    this.actions.set(alarm.id, []);
    this.#tell(alarm);
    return alarm.id;
  }

  change(id, change) {
    const alarm = { ...this.alarms.get(id), ...change };
    this.alarms.set(id, alarm);
    this.#tell(alarm);
  }

  press(id, quietly = false) {
    const old = this.alarms.get(id);
    const revision = { start: 1, n: old.revision.n + 1 };
    const at = new Date().toISOString();
    this.presses.get(id).push({ device: old.device, boot: "1a2b", sequence: old.press_count + 1, signal: "sos", at, repeat: false });
    const alarm = { ...old, revision, last_press_revision: revision, press_count: old.press_count + 1 };
    this.alarms.set(id, alarm);
    if (!quietly) this.#tell(alarm);
  }

  // What another operator does, told by the feed unless `quietly`.
  takenBy(id, who, quietly = false) {
    const alarm = { ...this.alarms.get(id), state: "taken", epoch: 1, taken_by: who, taken_at: new Date().toISOString() };
    this.alarms.set(id, alarm);
    if (!quietly) this.#tell(alarm);
  }

  #tell(alarm) {
    const id = this.#next_event++;
    this.#events.push([id, alarm]);
    this.#send("alarm", alarm, id);
  }

  #beat() {
    this.#send("beat", { server_time: new Date().toISOString(), ...(this.trouble ? { trouble: this.trouble } : {}) });
  }

  #send(event, data, id) {
    if (this.frozen) return;
    const text = `${id ? `id: ${id}\n` : ""}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const feed of this.#feeds) feed.write(text);
  }

  async #serve(request, answer) {
    const url = new URL(request.url, "http://centre");
    if (this.frozen) return; // accepted, never answered
    let body = "";
    for await (const part of request) body += part;
    this.requests.push({ method: request.method, path: url.pathname, headers: request.headers, body });
    if (url.pathname === "/login" && url.searchParams.get("token") === "good") {
      this.#logged_in = true;
      answer.writeHead(303, { Location: "/" });
      return answer.end();
    }
    if (!url.pathname.startsWith("/api/")) return this.#file(url.pathname, answer);
    const what = url.pathname.slice("/api/v1".length);
    const asked = body ? JSON.parse(body) : {};
    if (what === "/session") return this.#session(request.method, asked, answer);
    if (!this.#logged_in) return refuse(answer, 401, "no_session");
    if (request.method === "POST" && request.headers["x-csrf-token"] !== "fake-csrf") return refuse(answer, 403, "csrf");
    if (what === "/events") return this.#events_for(request, answer);
    if (what === "/alarms") return this.#list(url, answer);
    const home = /^\/homes\/(.+)$/.exec(what);
    if (home) return this.#home(home[1], answer);
    const [, id, step] = /^\/alarms\/([0-9a-f]{32})(?:\/([a-z-]+))?$/.exec(what) ?? [];
    const alarm = this.alarms.get(id);
    if (!alarm) return refuse(answer, 404, "unknown_alarm");
    if (!step) return reply(answer, 200, { ...alarm, presses: this.presses.get(id), actions: this.actions.get(id), revisions: [], hops: [] });
    return this.#step(alarm, step, asked, answer);
  }

  #file(name, answer) {
    const file = files[name];
    if (!file) return refuse(answer, 404, "unknown_page");
    answer.writeHead(200, { "Content-Type": file[1], "Content-Security-Policy": policy, "Cache-Control": "no-cache" });
    answer.end(readFileSync(file[0]));
  }

  #session(method, asked, answer) {
    if (method === "DELETE") this.#logged_in = false;
    if (method === "POST") {
      if (asked.password !== "right") return refuse(answer, 401, "wrong_password");
      this.#operator = asked.operator;
      this.#logged_in = true;
    }
    if (method === "DELETE") return reply(answer, 204, null);
    if (!this.#logged_in) return refuse(answer, 401, "no_session");
    return reply(answer, 200, { operator: this.#operator, csrf: "fake-csrf" });
  }

  #events_for(request, answer) {
    answer.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    answer.write(`retry: 1000\nevent: hello\ndata: ${JSON.stringify({ server_time: new Date().toISOString(), version: "0.1.0" })}\n\n`);
    const last = Number(request.headers["last-event-id"] ?? Infinity);
    for (const [id, alarm] of this.#events) {
      if (id > last) answer.write(`id: ${id}\nevent: alarm\ndata: ${JSON.stringify(alarm)}\n\n`);
    }
    this.#feeds.add(answer);
    answer.on("close", () => this.#feeds.delete(answer));
  }

  #list(url, answer) {
    const open = [...this.alarms.values()].filter((alarm) => url.searchParams.get("state") !== "open" || alarm.state !== "closed");
    open.sort((a, b) => rank[a.priority] - rank[b.priority] || a.raised_at.localeCompare(b.raised_at));
    reply(answer, 200, { alarms: open, server_time: new Date().toISOString() });
  }

  #home(gateway, answer) {
    const alarm = [...this.alarms.values()].find((each) => each.gateway === gateway);
    if (!alarm?.home.known) return refuse(answer, 404, "unknown_home");
    const residents = [alarm.resident, { id: "r-2", name: "王建平" }].filter(Boolean);
    reply(answer, 200, {
      gateway, ...alarm.home, residents, rooms: rooms.map(([id, name]) => ({ id, name })), last_seen: new Date().toISOString(),
    });
  }

  #step(alarm, step, asked, answer) {
    const now = new Date().toISOString();
    const conflict = (code) => refuse(answer, 409, code, alarm);
    const put = (change, action) => {
      const changed = { ...alarm, ...change };
      this.alarms.set(alarm.id, changed);
      this.actions.get(alarm.id).push({ who: this.#operator, at: now, code: null, note: null, ...action });
      reply(answer, 200, changed);
      this.#tell(changed);
    };
    if (step === "take") {
      if (alarm.state !== "open" && !asked.take_over) return conflict("taken_by_other");
      if (asked.epoch !== alarm.epoch) return conflict("stale_epoch");
      if (alarm.state !== "open") return put({ epoch: alarm.epoch + 1, taken_by: this.#operator, taken_at: now }, { what: "take_over" });
      return put({ state: "taken", epoch: alarm.epoch + 1, taken_by: this.#operator, taken_at: now }, { what: "take" });
    }
    if (asked.epoch !== alarm.epoch) return conflict("stale_epoch");
    if (alarm.taken_by !== this.#operator) return conflict("taken_by_other");
    if (step === "on-the-way") return put({ state: "on_the_way", on_the_way_at: now }, { what: "on_the_way" });
    if (step === "close") {
      if (!asked.code) return refuse(answer, 422, "code_needed");
      if (!asked.note?.trim()) return refuse(answer, 422, "note_needed");
      const last = alarm.last_press_revision;
      if (last.start > asked.seen.start || (last.start === asked.seen.start && last.n > asked.seen.n)) return conflict("newer_press");
      return put({ state: "closed", closed_at: now, closing_code: asked.code }, { what: "close", code: asked.code, note: asked.note });
    }
    return refuse(answer, 404, "unknown_step");
  }
}

function reply(answer, status, value) {
  answer.writeHead(status, { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store" });
  answer.end(value === null ? "" : JSON.stringify(value));
}

function refuse(answer, status, code, alarm) {
  reply(answer, status, { error: { code, message_zh: `拒绝：${code}`, message_en: `Refused: ${code}` }, ...(alarm ? { alarm } : {}) });
}

// A desk with something of everything on it.
export function fill(centre, how_many) {
  const ago = (s) => new Date(Date.now() - s * 1000).toISOString();
  const kinds = [
    { raised_at: ago(12) },
    { rule: "fall", title: { zh: "跌倒", en: "Fall" }, phase: "suspected", priority: "high", device: "falldetector-1", stored: false, stored_at: null, raised_at: ago(75), press_count: 3 },
    { rule: "bradycardia", title: { zh: "心率偏低", en: "Heart rate low" }, class: "suspected", priority: "medium", raised_at: ago(200), device: "band-1", because: "heart_rate 38 bpm for 60 s", evidence: [{ device: "band-1", signal: "heart_rate", value: 38, unit: "bpm", at: ago(3) }] },
    { rule: "service", title: { zh: "服务请求", en: "Service request" }, class: "service", queue: "service", priority: "low", raised_at: ago(340), because: "button-1 pressed its green key" },
    { home: { known: false, name: null, address: null, phone: null }, resident: null, room: null, raised_at: ago(185), raised_clock: "unset", received_at: ago(30), unregistered_device: true },
    { raised_at: ago(410), state: "taken", epoch: 1, taken_by: "zhang", taken_at: ago(380) },
    { rule: "battery_low", title: { zh: "按钮电量低", en: "Button battery low" }, class: "technical", priority: "low", raised_at: ago(7300) },
    { test: true, queue: "test", raised_at: ago(20) },
  ];
  for (let i = 0; i < how_many; i++) {
    const kind = kinds[i % kinds.length];
    const id = centre.raise(kind);
    if (i >= kinds.length) centre.change(id, { raised_at: ago(30 + 37 * i) });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const value = (name, otherwise) => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? otherwise : Number(process.argv[at + 1]);
  };
  const centre = new FakeCentre();
  console.log(await centre.start(value("port", 0)));
  fill(centre, value("alarms", 4));
}
