// Token buckets, by key. A bucket is full at first, each act takes one token, and time fills it again. They lie in memory: they hold
// off floods, and a restart ends a flood too.

export type Rate = {
  /** Acts at once. */
  readonly burst: number;
  /** Acts a second, over time. */
  readonly perSecond: number;
};

export type Buckets = {
  /** Takes a token. Returns false where the bucket is empty. */
  take(key: string): boolean;
  /** Gives a token back that was taken. */
  giveBack(key: string): void;
};

type Bucket = { tokens: number; atMs: number };

/** `keys` bounds the memory. Over it the bucket that was used longest ago is forgotten; one that is full again says nothing anyway. */
export function createBuckets({ burst, perSecond }: Rate, keys: number, now: () => number): Buckets {
  const buckets = new Map<string, Bucket>();

  function bucketOf(key: string): Bucket {
    const at = now();
    const known = buckets.get(key);
    // A clock that is set back must not stop the filling.
    const passedMs = known === undefined ? 0 : Math.max(0, at - known.atMs);
    const tokens = known === undefined ? burst : Math.min(burst, known.tokens + (passedMs * perSecond) / 1000);
    const bucket = { tokens, atMs: at };
    // The map keeps the order of insertion, so its first key is the one that was used longest ago.
    buckets.delete(key);
    buckets.set(key, bucket);
    const oldest = buckets.keys().next();
    if (buckets.size > keys && !oldest.done) buckets.delete(oldest.value);
    return bucket;
  }

  return {
    take: (key) => {
      const bucket = bucketOf(key);
      if (bucket.tokens < 1) return false;
      bucket.tokens -= 1;
      return true;
    },
    giveBack: (key) => {
      const bucket = bucketOf(key);
      bucket.tokens = Math.min(burst, bucket.tokens + 1);
    },
  };
}
