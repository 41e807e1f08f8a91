package io.streamsocial.http;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The query parameters of one request, all valid. {@link #parse} finds every fault at once. */
public final class Arguments {
  private final Map<Parameter<?>, Object> values;

  private Arguments(Map<Parameter<?>, Object> values) {
    this.values = values;
  }

  /** Either arguments without faults, or the faults. */
  public record Parsed(Arguments arguments, Faults faults) {}

  /**
   * @param rawQuery what follows the question mark, still percent-encoded
   * @param known the parameters of the path
   * @param countMax the most parameters that a query may have
   * @param nowMs the instant of the request, epoch milliseconds
   */
  public static Parsed parse(String rawQuery, List<Parameter<?>> known, int countMax, long nowMs) {
    return new Reader(known, nowMs).read(rawQuery, countMax);
  }

  /** For a parameter that has a value when it is absent. */
  <T> T get(Parameter<T> parameter) {
    return find(parameter).orElseThrow();
  }

  public <T> Optional<T> find(Parameter<T> parameter) {
    Object value = values.get(parameter);
    return value == null ? parameter.absent() : Optional.of(parameter.cast(value));
  }

  /** Whether the query names it. */
  boolean has(String name) {
    return values.keySet().stream().anyMatch(each -> each.name().equals(name));
  }

  private static final class Reader {
    private final List<Parameter<?>> known;
    private final long nowMs;
    private final Map<Parameter<?>, Object> values = new HashMap<>();
    private final Set<String> seen = new HashSet<>();
    private final Faults faults = new Faults();

    Reader(List<Parameter<?>> known, long nowMs) {
      this.known = known;
      this.nowMs = nowMs;
    }

    Parsed read(String rawQuery, int countMax) {
      String[] pairs = rawQuery.split("&", countMax + 1);
      if (pairs.length > countMax) {
        String allowed = "at most " + countMax + " query parameters";
        faults.add(new Fault.OfParameter("", "", allowed, null));
      } else {
        for (String pair : pairs) {
          if (!pair.isEmpty()) {
            pair(pair);
          }
        }
      }
      return new Parsed(new Arguments(values), faults);
    }

    private void pair(String pair) {
      int equals = pair.indexOf('=');
      String rawName = equals < 0 ? pair : pair.substring(0, equals);
      String rawValue = equals < 0 ? "" : pair.substring(equals + 1);
      try {
        value(Percent.ofQuery(rawName), Percent.ofQuery(rawValue));
      } catch (IllegalArgumentException e) {
        faults.add(new Fault.OfParameter(rawName, rawValue, Percent.allowed(known), null));
      }
    }

    private void value(String name, String value) {
      Optional<Parameter<?>> parameter =
          known.stream().filter(p -> p.name().equals(name)).findFirst();
      if (parameter.isEmpty()) {
        unknown(name, value);
      } else if (!seen.add(name)) {
        faults.add(new Fault.OfParameter(name, value, "the parameter once", null));
      } else {
        try {
          values.put(parameter.get(), parameter.get().parse(value, nowMs));
        } catch (Parameter.RefusedException e) {
          faults.add(new Fault.OfParameter(name, value, e.allowed(), null));
        }
      }
    }

    private void unknown(String name, String value) {
      List<String> names = known.stream().map(Parameter::name).collect(Collectors.toList());
      String allowed =
          names.isEmpty()
              ? "no query parameters on this path"
              : "known parameters are " + String.join(", ", names);
      String suggestion = Suggestion.closest(name, names).orElse(null);
      faults.add(new Fault.OfParameter(name, value, allowed, suggestion));
    }
  }
}
