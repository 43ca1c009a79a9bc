/* A Python that can be asked and ended. It starts with the first question. */

export class Stopped extends Error {}

export class Python {
  constructor(script) {
    this.script = script;
    this.waiting = new Map();
    this.last = 0;
  }

  /* Resolves to the worker's reply; `progress` hears what happens on the way. */
  ask(order, progress) {
    this.worker ??= this.start();
    return new Promise((resolve, reject) => {
      const id = (this.last += 1);
      this.waiting.set(id, { resolve, reject, progress });
      this.worker.postMessage({ id, order });
    });
  }

  start() {
    const worker = new Worker(this.script, { type: "module" });
    worker.onmessage = ({ data }) => {
      if (data.progress) {
        for (const { progress } of this.waiting.values()) progress?.(data.progress);
        return;
      }
      const { resolve, reject } = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      this.ready = true;
      if (!data.failed) return resolve(data.reply);
      this.end(); // half a Python answers nothing: the next question starts a new one
      reject(new Error(data.failed));
    };
    worker.onerror = (event) => this.end(new Error(event.message || "its script did not load"));
    return worker;
  }

  end(reason = new Stopped("stopped")) {
    this.worker?.terminate();
    this.worker = undefined;
    this.ready = false;
    for (const { reject } of this.waiting.values()) reject(reason);
    this.waiting.clear();
  }
}
