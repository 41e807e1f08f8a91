package io.streamsocial.http;

import io.streamsocial.processor.posts.PostRules;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A query parameter that some path knows: its name, what is allowed, and the value when it is
 * absent. It is the key under which {@link Arguments} gives its value, with its type.
 */
public final class Parameter<T> {
  /** The parameter that says how a path's keys are written. */
  public static final String ENCODING = "encoding";

  // A code point takes up to two chars, and a number sign may stand before them.
  private static final int MAX_KEY_CHARS = 2 * PostRules.MAX_HASHTAG_CODE_POINTS + 1;

  private final String name;
  private final Class<T> type;
  private final @Nullable T absent;
  private final Parser<T> parser;
  private final Map<String, Object> bounds;

  private Parameter(String name, Class<T> type, @Nullable T absent, Parser<T> parser) {
    this(name, type, absent, parser, Map.of());
  }

  private Parameter(
      String name,
      Class<T> type,
      @Nullable T absent,
      Parser<T> parser,
      Map<String, Object> bounds) {
    this.name = name;
    this.type = type;
    this.absent = absent;
    this.parser = parser;
    this.bounds = bounds;
  }

  /** Reads a value; {@code nowMs} is the instant of the request, epoch milliseconds. */
  @FunctionalInterface
  private interface Parser<T> {
    T parse(String value, long nowMs) throws RefusedException;
  }

  /** The value is not allowed; the message names the allowed values. */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    private RefusedException(String allowed) {
      super(allowed, null, false, false);
    }

    String allowed() {
      return String.valueOf(getMessage());
    }
  }

  public static Parameter<Integer> integer(String name, int absent, int min, int max) {
    return new Parameter<>(
        name,
        Integer.class,
        absent,
        (value, nowMs) -> (int) number(value, min, max, "an integer from " + min + " to " + max),
        Map.of("minimum", min, "maximum", max));
  }

  /** A number that has no value when it is absent. */
  public static Parameter<Long> optionalNumber(String name, long min, long max) {
    return new Parameter<>(
        name,
        Long.class,
        null,
        (value, nowMs) -> number(value, min, max, "an integer from " + min + " to " + max),
        Map.of("minimum", min, "maximum", max));
  }

  /**
   * A value that only its own type can read; it has none when it is absent.
   *
   * @param reader empty when the text is no such value
   * @param allowed what is accepted, for people
   */
  public static <T> Parameter<T> of(
      String name, Class<T> type, Function<String, Optional<T>> reader, String allowed) {
    return new Parameter<>(
        name,
        type,
        null,
        (value, nowMs) -> reader.apply(value).orElseThrow(() -> new RefusedException(allowed)));
  }

  /** An instant that the state still covers: within retention, or in the window of now. */
  public static Parameter<Long> instant(String name, long windowMs, long retentionMs) {
    return new Parameter<>(
        name,
        Long.class,
        null,
        (value, nowMs) -> {
          long min = nowMs - retentionMs;
          long max = Math.floorDiv(nowMs, windowMs) * windowMs + windowMs - 1;
          return number(
              value, min, max, "epoch milliseconds within retention: " + min + " to " + max);
        },
        Map.of("x-window-ms", windowMs, "x-retention-ms", retentionMs));
  }

  public static Parameter<String> region(String name) {
    String allowed = "1 to " + PostRules.MAX_REGION_BYTES + " bytes of UTF-8 without NUL";
    return new Parameter<>(
        name,
        String.class,
        null,
        (value, nowMs) -> {
          int bytes = value.getBytes(StandardCharsets.UTF_8).length;
          if (bytes == 0
              || bytes > PostRules.MAX_REGION_BYTES
              || PostRules.hasForbiddenCharacter(value)) {
            throw new RefusedException(allowed);
          }
          return value;
        },
        Map.of("minLength", 1, "maxLength", PostRules.MAX_REGION_BYTES));
  }

  /** The beginning of a hashtag, or all of it. */
  public static Parameter<String> text(String name) {
    return new Parameter<>(
        name,
        String.class,
        null,
        (value, nowMs) -> {
          if (value.isEmpty() || value.length() > MAX_KEY_CHARS || value.indexOf('\0') >= 0) {
            throw new RefusedException("1 to " + MAX_KEY_CHARS + " characters without NUL");
          }
          return value;
        },
        Map.of("minLength", 1, "maxLength", MAX_KEY_CHARS));
  }

  /** A decimal number that has no value when it is absent. */
  public static Parameter<Double> optionalDecimal(String name, double min, double max) {
    String allowed = "a number from %s to %s".formatted(min, max);
    return new Parameter<>(
        name,
        Double.class,
        null,
        (value, nowMs) -> {
          try {
            double number = Double.parseDouble(value);
            if (number >= min && number <= max) {
              return number;
            }
          } catch (NumberFormatException e) {
            // Refused below, as a number out of range is.
          }
          throw new RefusedException(allowed);
        },
        Map.of("minimum", min, "maximum", max));
  }

  /** One of some values, each with a name. */
  public static <T> Parameter<T> oneOf(
      String name, Class<T> type, T absent, List<T> values, Function<T, String> label) {
    String allowed =
        values.stream()
            .map(each -> "'" + label.apply(each) + "'")
            .collect(Collectors.joining(", "));
    return new Parameter<>(
        name,
        type,
        absent,
        (value, nowMs) ->
            values.stream()
                .filter(each -> label.apply(each).equals(value))
                .findFirst()
                .orElseThrow(() -> new RefusedException("one of " + allowed)),
        Map.of("enum", values.stream().map(label).toList(), "default", label.apply(absent)));
  }

  /** Present with the one value, or absent. */
  public static Parameter<Boolean> choice(String name, String only) {
    return new Parameter<>(
        name,
        Boolean.class,
        false,
        (value, nowMs) -> {
          if (!value.equals(only)) {
            throw new RefusedException("'" + only + "'");
          }
          return true;
        },
        Map.of("enum", List.of(only)));
  }

  /** {@code ?name}, {@code ?name=true} or {@code ?name=false}. */
  public static Parameter<Boolean> flag(String name) {
    return new Parameter<>(
        name,
        Boolean.class,
        false,
        (value, nowMs) ->
            switch (value) {
              case "", "true", "1" -> true;
              case "false", "0" -> false;
              default -> throw new RefusedException("no value, 'true' or 'false'");
            });
  }

  private static long number(String value, long min, long max, String allowed)
      throws RefusedException {
    try {
      long number = Long.parseLong(value);
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Refused below, as a number out of range is.
    }
    throw new RefusedException(allowed);
  }

  public String name() {
    return name;
  }

  T parse(String value, long nowMs) throws RefusedException {
    return parser.parse(value, nowMs);
  }

  Optional<T> absent() {
    return Optional.ofNullable(absent);
  }

  /** A JSON schema of its values as they are written in a query. */
  public Map<String, Object> schema() {
    Map<String, Object> schema = new TreeMap<>(bounds);
    if (type == Integer.class || type == Long.class) {
      schema.put("type", "integer");
      schema.put("format", type == Integer.class ? "int32" : "int64");
    } else if (type == Double.class) {
      schema.put("type", "number");
    } else if (type == Boolean.class && !bounds.containsKey("enum")) {
      schema.put("type", "boolean");
    } else {
      schema.put("type", "string");
    }
    if (absent != null && !bounds.containsKey("enum")) {
      schema.put("default", absent);
    }
    return schema;
  }

  T cast(Object value) {
    return type.cast(value);
  }
}
