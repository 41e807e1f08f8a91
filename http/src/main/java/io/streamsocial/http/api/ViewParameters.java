package io.streamsocial.http.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.streamsocial.http.Fault;
import io.streamsocial.http.Faults;
import io.streamsocial.http.Parameter;
import io.streamsocial.http.Problem;
import io.streamsocial.http.Request;
import io.streamsocial.http.peers.AskedView;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.processor.trends.ViewRange;
import io.streamsocial.processor.trends.WindowSpan;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.processor.views.ViewSchema;
import io.streamsocial.store.Windowing;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The query parameters of the paths of one view, with the bounds that the view sets, and what is
 * made of them. The group is asked for by its own name, such as {@code region}.
 */
final class ViewParameters {
  private static final int GROUP_BYTES_MAX = 256;
  private static final int KEY_CHARS_MAX = 4 * ViewKey.BYTES_MAX;
  private static final int DEFAULT_WINDOWS = 3;
  private static final String NO_HALVES =
      "text without half of a surrogate pair; a key of other bytes is given in base64url";

  final TrendingParameters shared;
  final @Nullable Parameter<String> group;
  final Parameter<Long> from;
  final Parameter<Long> to;
  final Parameter<Long> at;
  final Parameter<Integer> windows;
  final Parameter<Integer> rows = Parameter.integer("limit", 10, 1, Trending.Question.LIMIT_MAX);
  final Parameter<String> by;
  final Parameter<String> fromKey = text("from_key");
  final Parameter<String> toKey = text("to_key");
  final Parameter<String> prefix = text("prefix");
  final Parameter<Boolean> base64 = Parameter.choice(Parameter.ENCODING, "base64url");
  final Parameter<ViewKey> cursor =
      Parameter.of(
          "cursor",
          ViewKey.class,
          text -> ViewKey.ofBase64Url(text).filter(ViewRange::canBeBound),
          "'next' of the page before");
  final Parameter<Integer> limit = Parameter.integer("limit", 100, 1, Trending.Question.LIMIT_MAX);
  private final AskedView view;
  private final ViewSchema schema;

  ViewParameters(AskedView view, TrendingParameters shared) {
    this.view = view;
    this.schema = view.schema();
    this.shared = shared;
    this.group = group(schema, shared);
    Windowing windowing = schema.windowing();
    this.from = Parameter.instant("from", windowing.sizeMs(), windowing.retentionMs());
    this.to = Parameter.instant("to", windowing.sizeMs(), windowing.retentionMs());
    this.at = Parameter.instant("at", windowing.sizeMs(), windowing.retentionMs());
    int windowsMax =
        schema.isWindowed() ? Math.min(WindowSpan.WINDOWS_MAX, windowing.windowsMax()) : 1;
    this.windows =
        Parameter.integer("windows", Math.min(DEFAULT_WINDOWS, windowsMax), 1, windowsMax);
    List<String> sums = schema.sums();
    this.by = Parameter.oneOf("by", String.class, defaultOrder(schema), sums, name -> name);
  }

  /** The field that keys are put in an order by where the question names none. */
  private static String defaultOrder(ViewSchema schema) {
    return schema.ranked().isPresent()
        ? schema.fields().get(schema.ranked().getAsInt()).name()
        : schema.sums().stream().findFirst().orElse("");
  }

  private static @Nullable Parameter<String> group(ViewSchema schema, TrendingParameters shared) {
    if (!schema.isGrouped()) {
      return null;
    }
    return schema.name().equals(TopicNames.STORE)
        ? shared.region
        : Parameter.of(
            schema.group(),
            String.class,
            value -> Optional.of(value).filter(ViewParameters::canBeGroup),
            "1 to " + GROUP_BYTES_MAX + " bytes of UTF-8 without NUL");
  }

  private static boolean canBeGroup(String value) {
    int bytes = value.getBytes(UTF_8).length;
    return bytes > 0 && bytes <= GROUP_BYTES_MAX && value.indexOf('\0') < 0;
  }

  private static Parameter<String> text(String name) {
    return Parameter.of(
        name,
        String.class,
        value -> Optional.of(value).filter(text -> !text.isEmpty()),
        "a key, or with encoding=base64url its bytes");
  }

  /** Which rows of a key: of a group, in some windows. */
  List<Parameter<?>> ofRows() {
    List<Parameter<?>> parameters = new ArrayList<>();
    if (group != null) {
      parameters.add(group);
    }
    if (schema.kind() != View.Kind.UNWINDOWED) {
      parameters.addAll(List.of(from, to));
    }
    return parameters;
  }

  /** Of a figure of active keys, which is that of now. */
  List<Parameter<?>> ofActive() {
    return group == null ? List.of() : List.of(group);
  }

  /** Of a ranking. */
  List<Parameter<?>> ofTop() {
    List<Parameter<?>> parameters = new ArrayList<>(List.of(rows, by));
    if (group != null) {
      parameters.add(group);
    }
    if (schema.isWindowed()) {
      parameters.addAll(List.of(windows, at));
    }
    return parameters;
  }

  String group(Request request) {
    return group == null ? "" : request.arguments().find(group).orElse("");
  }

  /**
   * The windows that the request asks for.
   *
   * @param faults takes what is wrong with them
   */
  WindowSpan span(Request request, Consumer<Fault> faults) {
    if (!schema.isWindowed()) {
      return WindowSpan.NONE;
    }
    long toMs = request.arguments().find(to).orElse(request.nowMs());
    Optional<Long> first = request.arguments().find(from);
    if (first.isEmpty()) {
      return WindowSpan.upTo(schema.windowing(), toMs);
    }
    long fromMs = Math.max(0, first.get());
    if (fromMs > toMs) {
      faults.accept(fault("from", Long.toString(fromMs), "not after 'to', which is " + toMs));
      return WindowSpan.NONE;
    }
    WindowSpan span = new WindowSpan(fromMs, toMs);
    if (span.windows(schema.windowing()) > WindowSpan.WINDOWS_MAX) {
      faults.accept(
          fault(
              "from",
              Long.toString(fromMs),
              "at most " + WindowSpan.WINDOWS_MAX + " windows before 'to'"));
    }
    return span;
  }

  /**
   * A key as a request gives it.
   *
   * @param faults takes what is wrong with it
   */
  Optional<ViewKey> key(String name, String value, boolean isBase64, Consumer<Fault> faults) {
    if (!isBase64 && !UTF_8.newEncoder().canEncode(value)) {
      faults.accept(fault(name, value, NO_HALVES));
      return Optional.empty();
    }
    Optional<ViewKey> key =
        value.length() > KEY_CHARS_MAX
            ? Optional.empty()
            : isBase64 ? ViewKey.ofBase64Url(value) : Optional.of(view.key(value));
    Optional<ViewKey> fitting =
        key.filter(one -> one.length() > 0 && one.length() <= ViewKey.BYTES_MAX);
    if (fitting.isEmpty()) {
      String what = isBase64 ? "base64url without padding of " : "";
      faults.accept(fault(name, value, what + "1 to " + ViewKey.BYTES_MAX + " bytes"));
    }
    return fitting;
  }

  /** The key that a parameter gives, where it is given. */
  Optional<ViewKey> key(Request request, Parameter<String> parameter, Consumer<Fault> faults) {
    return request
        .arguments()
        .find(parameter)
        .flatMap(value -> key(parameter.name(), value, request.get(base64), faults));
  }

  private static Fault fault(String name, String value, String allowed) {
    return new Fault.OfParameter(name, value, allowed, null);
  }

  /** What is wrong with a request whose parameters are each valid for themselves. */
  Optional<Problem> problem(Request request, Faults faults) {
    return faults.isEmpty() ? shared.conflict(request) : Optional.of(Problem.badParameters(faults));
  }
}
