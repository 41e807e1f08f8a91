package io.streamsocial.http.api;

import io.streamsocial.http.Arguments;
import io.streamsocial.http.Fault;
import io.streamsocial.http.Faults;
import io.streamsocial.http.Parameter;
import io.streamsocial.http.Problem;
import io.streamsocial.http.Request;
import io.streamsocial.http.peers.CompletenessFields;
import io.streamsocial.http.peers.InputIds;
import io.streamsocial.http.peers.PositionToken;
import io.streamsocial.http.peers.ReadOptions;
import io.streamsocial.processor.trends.InputOffsets;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.store.Windowing;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** The query parameters of the paths that read counts, with the bounds that windowing sets. */
public final class TrendingParameters {
  static final int MAX_LIMIT = Trending.Question.LIMIT_MAX;

  private static final int DEFAULT_LIMIT = 10;
  private static final int DEFAULT_WINDOWS = 3;
  private static final int DEFAULT_HASHTAG_WINDOWS = 6;

  final Parameter<Integer> limit = Parameter.integer("limit", DEFAULT_LIMIT, 1, MAX_LIMIT);
  final Parameter<Integer> regionLimit = Parameter.integer("limit", MAX_LIMIT, 1, MAX_LIMIT);
  final Parameter<Integer> windows;
  final Parameter<Integer> hashtagWindows;
  final Parameter<String> region = Parameter.region("region");
  final Parameter<Long> at;
  final Parameter<PositionToken> after = PositionToken.parameter("after");
  final Parameter<Long> wait = Parameter.optionalNumber("wait_ms", 0, ReadOptions.WAIT_MAX_MS);
  final Parameter<Long> maxStaleness =
      Parameter.optionalNumber("max_staleness_ms", 0, Integer.MAX_VALUE);
  final Parameter<Boolean> requireComplete = Parameter.choice("require", "complete");

  /** How every answer to them says what it includes. */
  final CompletenessFields completeness;

  private final Supplier<InputIds> input;

  /**
   * @param input the topics that are read now
   */
  public TrendingParameters(Windowing windowing, Supplier<InputIds> input) {
    this.input = input;
    this.completeness = new CompletenessFields(input);
    int max = windowing.windowsMax();
    windows = Parameter.integer("windows", Math.min(DEFAULT_WINDOWS, max), 1, max);
    hashtagWindows = Parameter.integer("windows", Math.min(DEFAULT_HASHTAG_WINDOWS, max), 1, max);
    at = Parameter.instant("at", windowing.sizeMs(), windowing.retentionMs());
  }

  /** The parameters of GET /api/trending that a live stream has too. */
  public List<Parameter<?>> ofStream() {
    return List.of(limit, windows, region);
  }

  /** The parameters that make {@link ReadOptions}. */
  List<Parameter<?>> conditions() {
    return List.of(after, wait, maxStaleness, requireComplete);
  }

  public Trending.Question question(Request request) {
    return question(request, request.get(limit), request.get(windows));
  }

  /** The limit plays no part in it. */
  Trending.Question hashtagQuestion(Request request) {
    return question(request, 1, request.get(hashtagWindows));
  }

  private Trending.Question question(Request request, int rows, int back) {
    String only = request.arguments().find(region).orElse(null);
    long atMs = request.arguments().find(at).orElse(request.nowMs());
    return new Trending.Question(rows, back, only, atMs);
  }

  /** Parameters that are valid each for itself, but not together, or not with this state. */
  Optional<Problem> conflict(Request request) {
    Optional<PositionToken> token = request.arguments().find(after);
    if (token.isPresent() && token.get().in(input.get()).isEmpty()) {
      Fault fault =
          new Fault.OfParameter(
              "after",
              token.get().encode(),
              "a token of the topics that are read now; this one is of another, as when a topic was deleted and created again: its records cannot be waited for",
              null);
      return Optional.of(Problem.badParameters(Faults.of(fault)));
    }
    Optional<Long> waits = request.arguments().find(wait);
    if (waits.isEmpty() || request.arguments().find(after).isPresent()) {
      return Optional.empty();
    }
    Fault fault =
        new Fault.OfParameter(
            "wait_ms", waits.get().toString(), "only together with after=<token>", null);
    return Optional.of(Problem.badParameters(Faults.of(fault)));
  }

  ReadOptions options(Request request) {
    Arguments arguments = request.arguments();
    Optional<Long> staleness = arguments.find(maxStaleness);
    return new ReadOptions(
        arguments.find(after).flatMap(token -> token.in(input.get())).orElse(InputOffsets.NONE),
        arguments.find(wait).orElse(0L),
        staleness.isPresent() ? OptionalLong.of(staleness.get()) : OptionalLong.empty(),
        request.get(requireComplete));
  }
}
