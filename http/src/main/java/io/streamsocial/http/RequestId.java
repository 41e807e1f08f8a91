package io.streamsocial.http;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The name of one request in answers and logs: the client's own where it is harmless. */
public final class RequestId {
  public static final String HEADER = "X-Request-Id";

  /** Nothing that could break a log line or a header. */
  private static final Pattern HARMLESS = Pattern.compile("[A-Za-z0-9._:-]{1,128}");

  private RequestId() {}

  public static String of(@Nullable String given) {
    if (given != null && HARMLESS.matcher(given).matches()) {
      return given;
    }
    return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
  }
}
