/** One change after the other: a renewal, a loss and an hour's end may come at once. */
export class Turns {
  #last = Promise.resolve();

  /** Return what `change` returns, once every change before it is done or has failed. */
  take(change) {
    const turn = this.#last.catch(() => {}).then(change);
    this.#last = turn;
    return turn;
  }
}
