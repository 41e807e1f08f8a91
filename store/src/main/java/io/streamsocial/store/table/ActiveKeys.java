package io.streamsocial.store.table;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How many keys of each group were active lately, at one moment. Immutable, safe for any thread,
 * independent of the store's life: it stays readable after the store has closed.
 */
public final class ActiveKeys {
  /** Nothing is known: rows on disk were not read yet, or memory does not allow the figure. */
  public static final ActiveKeys UNKNOWN =
      new ActiveKeys(Map.of(), new GroupEnds.View[0], 0, 0, false);

  private final Map<String, Integer> ordinals;
  private final GroupEnds.View[] groups;
  private final long gapMs;
  private final long expiredBefore;
  private final boolean known;

  /**
   * @param ordinals of the groups; grows while this is read, and changes no ordinal
   * @param groups by ordinal
   * @param expiredBefore ends before this are not counted
   */
  public ActiveKeys(
      Map<String, Integer> ordinals,
      GroupEnds.View[] groups,
      long gapMs,
      long expiredBefore,
      boolean known) {
    this.ordinals = ordinals;
    this.groups = groups;
    this.gapMs = gapMs;
    this.expiredBefore = expiredBefore;
    this.known = known;
  }

  /** Whether {@link #active} has an answer. */
  public boolean isKnown() {
    return known;
  }

  /** Groups that have live sessions, in no particular order; some may have none left. */
  public List<String> groups() {
    List<String> names = new ArrayList<>();
    ordinals.forEach(
        (group, ordinal) -> {
          if (ordinal < groups.length) {
            names.add(group);
          }
        });
    return names;
  }

  /**
   * How many keys of a group have a session that goes on at a time, or ended less than the gap
   * before it, or begins later. Exact to the millisecond for times that lie the gap or more behind
   * what has expired; what has expired is not counted.
   *
   * @return one a time; empty while rows on disk are not read after a restart, and when memory does
   *     not allow the figure
   */
  public Optional<long[]> active(String group, long... atMs) {
    if (!known) {
      return Optional.empty();
    }
    GroupEnds.View ends = ends(group);
    long[] counts = new long[atMs.length];
    for (int i = 0; ends != null && i < counts.length; i++) {
      long after = Math.max(0, atMs[i]) - gapMs;
      counts[i] = ends.after(Math.max(after, expiredBefore - 1));
    }
    return Optional.of(counts);
  }

  /** Null when the group has no key. */
  private GroupEnds.@Nullable View ends(String group) {
    Integer ordinal = ordinals.get(group);
    return ordinal == null || ordinal >= groups.length ? null : groups[ordinal];
  }
}
