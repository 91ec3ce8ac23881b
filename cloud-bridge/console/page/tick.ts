// The worker of desk/ticking.ts.
setInterval(() => postMessage(0), 250);
