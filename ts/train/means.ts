/** Means over the samples of an epoch, of values that are means over batches. */

export class Means {
  private readonly sums: Map<string, number> = new Map();
  samples = 0;

  add(values: Readonly<Record<string, number>>, samples: number): void {
    for (const [name, value] of Object.entries(values)) {
      this.sums.set(name, (this.sums.get(name) ?? 0) + value * samples);
    }
    this.samples += samples;
  }
  get values(): Record<string, number> {
    return Object.fromEntries([...this.sums].map(([name, sum]) => [name, sum / Math.max(this.samples, 1)]));
  }
  reset(): void {
    this.sums.clear();
    this.samples = 0;
  }

  state(): MeansState {
    return { samples: this.samples, sums: Object.fromEntries(this.sums) };
  }
  load({ samples, sums }: MeansState): void {
    this.reset();
    this.samples = samples;
    for (const [name, sum] of Object.entries(sums)) this.sums.set(name, sum);
  }
}
export interface MeansState {
  readonly samples: number;
  readonly sums: Readonly<Record<string, number>>;
}
