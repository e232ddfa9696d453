/**
 * Looks what is due, by the clock on the wall: timers sleep with the machine and dawdle in hidden tabs. So it looks when
 * its timer says so and whenever the page wakes.
 */
const WAKING = ["visibilitychange", "pageshow", "online"];

export class Vigil {
  #surroundings;
  #look;
  #cancel = () => {};
  #over = false;

  /** `look(woken)` does what is due and returns the seconds until the next look; none if only a wake may change things. */
  constructor(surroundings, look) {
    this.#surroundings = surroundings;
    this.#look = look;
    for (const name of WAKING) surroundings.page?.addEventListener(name, this.#woken);
    this.again();
  }

  /** Look now, and plan the next look anew. */
  again(woken = false) {
    if (this.#over) return;
    this.#cancel();
    const seconds = this.#look(woken);
    this.#cancel = seconds === undefined ? () => {} : this.#surroundings.later(seconds, () => this.again());
  }

  stop() {
    this.#over = true;
    this.#cancel();
    for (const name of WAKING) this.#surroundings.page?.removeEventListener(name, this.#woken);
  }

  #woken = () => this.again(true);
}
