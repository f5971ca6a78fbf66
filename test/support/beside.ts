// Tests that mostly wait, or leave a processor free: mocha runs one after the other, this runs them beside each other.

type Body = () => Promise<void>;

export class Beside {
  readonly #lanes: Body[][];
  readonly #results = new Map<Body, Promise<void>>();

  /**
   * For the `describe` that it is made in, between its hooks: all tests begin after the `before` hooks that stand above, and
   * have ended before the `after` hooks that stand below.
   */
  constructor(atOnce: number) {
    this.#lanes = Array.from({ length: atOnce }, () => []);
    let ended: Promise<unknown> = Promise.resolve();
    before(() => {
      ended = Promise.all(this.#lanes.map((bodies) => this.#runInTurn(bodies)));
    });
    after(() => ended);
  }

  /** Those of one lane run one after the other; by default each goes to the shortest lane. */
  it(title: string, body: Body, lane = this.#shortest()): void {
    this.#lanes[lane]?.push(body);
    it(title, () => this.#results.get(body));
  }

  #shortest(): number {
    const lengths = this.#lanes.map(({ length }) => length);
    return lengths.indexOf(Math.min(...lengths));
  }

  /** The test that asks for its result tells of a failure; the lane goes on. */
  async #runInTurn(bodies: readonly Body[]): Promise<void> {
    let last: Promise<void> = Promise.resolve();
    for (const body of bodies) {
      const result = last.then(body);
      last = result.catch(() => undefined);
      this.#results.set(body, result);
    }
    await last;
  }
}
