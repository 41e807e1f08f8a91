package io.streamsocial.processor;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** Gathers the problems of a configuration, so that all of them are reported at once. */
final class ConfigProblems {
  private static final Pattern NAME = Pattern.compile("(?!\\.{1,2}$)[a-zA-Z0-9._-]{1,100}");

  private final List<String> problems = new ArrayList<>();

  void add(String problem) {
    problems.add(problem);
  }

  /** A name is part of topic names and of paths. */
  void checkName(String key, String value) {
    if (!NAME.matcher(value).matches()) {
      add(
          "%s is '%s': allowed are 1 to 100 of the characters a-z A-Z 0-9 . _ -, but not . or .. alone"
              .formatted(key, value));
    }
  }

  void checkRange(String key, long value, long min, long max) {
    if (value < min || value > max) {
      add("%s is %d: allowed is %d to %d".formatted(key, value, min, max));
    }
  }

  /** The bounds are milliseconds. */
  void checkRange(String key, Duration value, long minMs, long maxMs) {
    checkRange(key, millis(value), minMs, maxMs);
  }

  private static long millis(Duration duration) {
    try {
      return duration.toMillis();
    } catch (ArithmeticException e) {
      return duration.isNegative() ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
  }

  /** Makes a part that checks itself; its problems are added to the others. */
  <T> Optional<T> gather(Supplier<T> part) {
    try {
      return Optional.of(part.get());
    } catch (ConfigException e) {
      problems.addAll(e.problems());
      return Optional.empty();
    }
  }

  void throwIfAny() {
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }
}
