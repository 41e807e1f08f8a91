package io.streamsocial.http;

/** The values of Cache-Control: every answer has one of them, or one of its endpoint's own. */
public final class CachePolicy {
  public static final String HEADER = "Cache-Control";

  /** Of writes, refusals, and what is only true at this moment: the default. */
  public static final String NEVER = "no-store";

  /** Kept, but asked for each time: a new release is seen at once. */
  public static final String REVALIDATED = "no-cache";

  /**
   * Of reads that are whole. A second is as long as a live feed waits; an edge cache that still has
   * the answer of the seconds before gives that at once, and asks for the next behind it.
   */
  public static final String READ = "max-age=1, stale-while-revalidate=5";

  private CachePolicy() {}
}
