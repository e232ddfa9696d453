/** Tell listeners of events; one that throws does not keep the others from hearing. */
export class Emitter {
  #listeners = new Map();

  /** Call `listener` with every event of that name; returns a function that stops it. */
  on(name, listener) {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  emit(name, value) {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        listener(value);
      } catch (error) {
        (globalThis.reportError ?? console.error)(error); // as the browser itself reports what a listener throws
      }
    }
  }
}
