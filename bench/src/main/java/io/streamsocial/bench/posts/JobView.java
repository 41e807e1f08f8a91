package io.streamsocial.bench.posts;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a contender keeps of the posts: one of the views of the application. */
public enum JobView {
  /** Mentions by window, region and hashtag. */
  TRENDING(Duration.ofMinutes(20)),
  /** Posts of each user, the first and the last, and the text of the last. */
  USERS(Duration.ofMinutes(20)),
  /**
   * Sessions of each user, in each region and in all. Long enough for several sessions of a user,
   * and shorter than gap and grace: a loop that reads one partition far ahead of another makes none
   * late.
   */
  SESSIONS(Duration.ofMinutes(80)),
  /** Sessions of each hashtag, in each region and in all, with the most mentions in one minute. */
  BURSTS(Duration.ofMinutes(20));

  /** Events of a user's session are at most so far apart. */
  public static final Duration SESSION_GAP = Duration.ofMinutes(30);

  /** Mentions of a burst are at most so far apart. */
  public static final Duration BURST_GAP = Duration.ofMinutes(1);

  private final Duration span;

  JobView(Duration span) {
    this.span = span;
  }

  /** As options name it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * @throws IllegalArgumentException names all labels
   */
  public static JobView of(String label) {
    return Arrays.stream(values())
        .filter(view -> view.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no view '%s', but %s".formatted(label, labels())));
  }

  private static String labels() {
    return Arrays.stream(values()).map(JobView::label).collect(Collectors.joining(", "));
  }

  /** Event time that posts for all of these views may cover: what none of them lets expire. */
  public static Duration span(Collection<JobView> views) {
    return views.stream().map(view -> view.span).min(Duration::compareTo).orElseThrow();
  }
}
