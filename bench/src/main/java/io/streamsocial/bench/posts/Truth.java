package io.streamsocial.bench.posts;

import io.streamsocial.bench.posts.SessionTruth.Kept;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;

/** What contenders must have in the end, for each view that is asked for. Not thread-safe. */
public final class Truth {
  private static final byte[] ALL_REGIONS = {};
  private static final byte[][] NO_REGIONS = {ALL_REGIONS};
  private static final Duration NO_GAP = Duration.ofDays(10_000);

  private final PostSource source;
  private final Map<JobView, SessionTruth> sessions = new EnumMap<>(JobView.class);

  Truth(PostSource source, Collection<JobView> views) {
    this.source = source;
    PostSource.Parameters of = source.parameters();
    for (JobView view : views) {
      switch (view) {
        case TRENDING -> {} // the source counts it while it writes them
        // A row of a user is one session that nothing ends.
        case USERS -> sessions.put(view, users(of, NO_REGIONS, NO_GAP, Kept.LATEST));
        case SESSIONS ->
            sessions.put(view, users(of, regionsAndAll(), JobView.SESSION_GAP, Kept.NOTHING));
        case BURSTS ->
            sessions.put(
                view,
                new SessionTruth(
                    PostSource.TAG,
                    of.tags(),
                    regionsAndAll(),
                    JobView.BURST_GAP.toMillis(),
                    Kept.PEAK));
      }
    }
  }

  private static SessionTruth users(
      PostSource.Parameters of, byte[][] groups, Duration gap, Kept kept) {
    return new SessionTruth(PostSource.USER, of.users().count(), groups, gap.toMillis(), kept);
  }

  /** Each region by its number, and behind them all together. */
  private static byte[][] regionsAndAll() {
    byte[][] groups = Arrays.copyOf(PostSource.REGIONS, PostSource.REGIONS.length + 1);
    groups[PostSource.REGIONS.length] = ALL_REGIONS;
    return groups;
  }

  /** Adds the post that the source has made last. */
  void add() {
    sessions.forEach(this::add);
  }

  private void add(JobView view, SessionTruth truth) {
    long timeMs = source.timestampMs();
    switch (view) {
      case TRENDING -> {}
      case USERS -> truth.add(0, source.user(), timeMs, source::text);
      case SESSIONS -> inRegionAndAll(truth, source.user(), timeMs);
      case BURSTS -> {
        for (int i = 0; i < source.mentions(); i++) {
          inRegionAndAll(truth, source.mention(i), timeMs);
        }
      }
    }
  }

  private void inRegionAndAll(SessionTruth truth, int key, long timeMs) {
    truth.add(source.region(), key, timeMs, source::text);
    truth.add(PostSource.REGIONS.length, key, timeMs, source::text);
  }

  /**
   * Of the rows of some of the views, together.
   *
   * @throws IllegalArgumentException for one that was not asked for at first
   */
  public Digest of(Collection<JobView> views) {
    Digest digest = new Digest();
    for (JobView view : views) {
      SessionTruth rows = sessions.get(view);
      if (view == JobView.TRENDING) {
        digest.add(source.truth());
      } else if (rows == null) {
        throw new IllegalArgumentException("the truth of " + view.label() + " was not asked for");
      } else {
        digest.add(rows.digest());
      }
    }
    return digest;
  }
}
