package io.streamsocial.processor.posts;

import io.streamsocial.processor.views.Emitter;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The views of posts that the application itself can run beside the hashtags: what is known of each
 * user, when users were active, and when hashtags were mentioned in bursts.
 */
public final class PostViews {
  /** Posts of each user, the times of the first and the last, and the text of the last. */
  public static final String USERS = "users-store";

  /** Sessions of users, by region: active is who posted within the gap. */
  public static final String SESSIONS = "user-sessions-store";

  /** Runs of mentions of a hashtag in a region, each with the most in one minute of it. */
  public static final String BURSTS = "hashtag-bursts-store";

  /** How long a user stays active after a post. */
  public static final Duration ACTIVE = Duration.ofMinutes(30);

  /** For how long after their last post users are known, where nothing else is said. */
  public static final Duration USERS_TTL = Duration.ofDays(30);

  /** So many bytes of the text of a user's latest post are kept. */
  public static final int LATEST_POST_BYTES = 280;

  private static final Duration BURST_GAP = Duration.ofMinutes(1);
  private static final Duration SESSION_RETENTION = Duration.ofHours(24);

  // Read by the emitter, never changed.
  private static final long[] ONE = {1};
  private static final byte[] NO_BYTES = {};

  private PostViews() {}

  /** Short names of all, as options name them. */
  public static List<String> names() {
    return List.of("users", "sessions", "bursts");
  }

  /**
   * A view by its short name.
   *
   * @param topic of posts
   * @param usersTtl see {@link #users(String, Duration)}
   */
  public static Optional<View> named(String name, String topic, Duration usersTtl) {
    return switch (name) {
      case "users" -> Optional.of(users(topic, usersTtl));
      case "sessions" -> Optional.of(sessions(topic));
      case "bursts" -> Optional.of(bursts(topic));
      default -> Optional.empty();
    };
  }

  /** The same with the defaults. */
  public static Optional<View> named(String name, String topic) {
    return named(name, topic, USERS_TTL);
  }

  /** Users that are known for the default time. */
  public static View users(String topic) {
    return users(topic, USERS_TTL);
  }

  /**
   * One row a user: posts, the times of the first and the last, epoch milliseconds, and the text of
   * the last: its first {@value #LATEST_POST_BYTES} bytes, and less where a character would be cut.
   *
   * @param timeToLive how long after the last post in stream time; zero for ever
   */
  public static View users(String topic, Duration timeToLive) {
    PostExtractor extractor =
        (post, out) -> {
          long at = post.timestampMs();
          out.with(post.text(), post.textOffset(), post.textLength(LATEST_POST_BYTES));
          emitUser(post, out, NO_BYTES, 1, at, at);
        };
    ViewBuilder users = View.named(USERS).from(topic, extractor);
    return (timeToLive.isZero() ? users.unwindowed() : users.unwindowed(timeToLive))
        .sum("posts")
        .min("first_seen")
        .max("last_seen")
        .latest("latest_post")
        .build();
  }

  /** Sessions of each user in a region: posts without a pause of more than {@link #ACTIVE}. */
  public static View sessions(String topic) {
    PostExtractor extractor = (post, out) -> emitUser(post, out, post.region(), 1);
    return View.named(SESSIONS)
        .from(topic, extractor)
        .session(ACTIVE, Duration.ofHours(1), SESSION_RETENTION)
        .groupedBy("region")
        .sum("posts")
        .build();
  }

  /**
   * Mentions of a hashtag in a region without a pause of more than a minute, and the most in one
   * minute of them, see {@link PeakMinute}.
   */
  public static View bursts(String topic) {
    PostExtractor extractor =
        (post, out) -> {
          Hashtags tags = post.hashtags();
          byte[] region = post.region();
          for (int i = 0; i < tags.size(); i++) {
            out.with(NO_BYTES); // the peak is of the event times alone
            out.emit(
                post.timestampMs(),
                region,
                0,
                region.length,
                tags.bytes(),
                tags.offset(i),
                tags.length(i),
                ONE);
          }
        };
    return View.named(BURSTS)
        .from(topic, extractor)
        .session(BURST_GAP, Duration.ofHours(1), SESSION_RETENTION)
        .groupedBy("region")
        .sum("mentions")
        .aggregate("peak", new PeakMinute())
        .build();
  }

  private static void emitUser(PostParser post, Emitter out, byte[] group, long... values) {
    Utf8Buffer user = post.user();
    if (user.length() > 0) {
      out.emit(post.timestampMs(), group, 0, group.length, user.bytes(), 0, user.length(), values);
    }
  }
}
