/* Steps through a film: slider, buttons, arrow keys. Without this file a film is a list of steps. */
(() => {
  "use strict";
  if (customElements.get("uow-film")) return;

  const MOVE = { duration: 480, easing: "cubic-bezier(.3,.7,.2,1)" };
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  const made = (name, settings, ...children) => {
    const element = Object.assign(document.createElement(name), settings);
    element.append(...children);
    return element;
  };

  /* Where everything stands that has a name, in page coordinates. */
  const places = (step) => {
    const found = new Map();
    for (const thing of step.querySelectorAll("[data-id]")) {
      found.set(thing.dataset.id, thing.getBoundingClientRect());
    }
    return found;
  };

  /* What moved glides from its old place; what came flies in from where it comes from. */
  const glide = (step, before) => {
    for (const thing of step.querySelectorAll("[data-id]")) {
      const came = thing.classList.contains("uf-came");
      const origins = [thing.dataset.id, ...(came ? (thing.dataset.from || "").split(" ") : [])];
      const from = before.get(origins.find((name) => before.has(name)));
      const to = thing.getBoundingClientRect();
      if (!from) {
        if (came) thing.animate([{ opacity: 0, transform: "scale(.8)" }, {}], MOVE);
        continue;
      }
      const [x, y] = [from.left - to.left, from.top - to.top];
      if (Math.abs(x) + Math.abs(y) > 1) {
        thing.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], MOVE);
      }
    }
  };

  class Film extends HTMLElement {
    connectedCallback() {
      if (this.querySelector(".uf-bar")) return;
      if (this.nextSibling || document.readyState !== "loading") this.start();
      else document.addEventListener("DOMContentLoaded", () => this.start(), { once: true });
    }

    start() {
      this.steps = [...this.querySelectorAll(".uf-step")];
      if (!this.steps.length || this.querySelector(".uf-bar")) return;
      this.bar();
      this.classList.add("uf-live");
      this.addEventListener("keydown", (event) => this.key(event));
      this.show(0, true);
    }

    bar() {
      const button = (text, label, by) => {
        const one = made("button", { type: "button", textContent: text });
        one.setAttribute("aria-label", label);
        one.addEventListener("click", () => this.show(this.now + by));
        return one;
      };
      this.back = button("\u2190", "Previous step", -1);
      this.next = button("\u2192", "Next step", 1);
      this.slider = made("input", { type: "range", min: 0, max: this.steps.length - 1, value: 0 });
      this.slider.setAttribute("aria-label", "Step");
      this.slider.addEventListener("input", () => this.show(Number(this.slider.value)));
      this.said = made("span", { className: "uf-said" });
      this.said.setAttribute("aria-live", "polite");
      const bar = made("div", { className: "uf-bar" }, this.back, this.slider, this.next, this.said);
      this.querySelector(".uf-steps").before(bar);
      this.tabIndex = 0;
    }

    key(event) {
      const to = { ArrowLeft: this.now - 1, ArrowRight: this.now + 1, Home: 0, End: Infinity };
      if (!(event.key in to) || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      event.stopPropagation(); // a notebook or a page has its own use for these keys
      this.show(to[event.key]);
    }

    show(wanted, first) {
      const number = Math.max(0, Math.min(wanted, this.steps.length - 1));
      if (number === this.now) return;
      const before = first || calm.matches ? null : places(this.steps[this.now]);
      this.now = number;
      this.steps.forEach((step, place) => step.classList.toggle("uf-now", place === number));
      const label = this.steps[number].querySelector(".uf-label").textContent;
      this.slider.value = number;
      this.slider.setAttribute("aria-valuetext", `${number}: ${label}`);
      this.back.disabled = number === 0;
      this.next.disabled = number === this.steps.length - 1;
      if (!first) this.said.textContent = `Step ${number}: ${label}`;
      if (before) glide(this.steps[number], before);
    }
  }

  customElements.define("uow-film", Film);
})();
