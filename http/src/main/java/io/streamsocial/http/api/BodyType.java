package io.streamsocial.http.api;

import io.netty.handler.codec.http.HttpUtil;
import io.streamsocial.http.Faults;
import io.streamsocial.http.Problem;
import io.streamsocial.http.ProblemType;
import io.streamsocial.http.Request;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What a body says it is. */
final class BodyType {
  private BodyType() {}

  /**
   * Why a body is not read, if so.
   *
   * @param types that are
   */
  static Optional<Problem> refusal(Request.Headers headers, List<String> types) {
    String allowed = String.join(" or ", types) + ", in UTF-8";
    String charset = "" + HttpUtil.getCharsetAsSequence(headers.contentType());
    String encoding = headers.contentEncoding().toLowerCase(Locale.ROOT);
    String detail = "";
    if (!types.contains(mimeType(headers))) {
      detail =
          "Content-Type is '%s': send %s".formatted(Faults.quote(headers.contentType()), allowed);
    } else if (!charset.equals("null") && !charset.replace("\"", "").equalsIgnoreCase("utf-8")) {
      detail = "charset is %s: send %s".formatted(Faults.quote(charset), allowed);
    } else if (!encoding.isEmpty() && !encoding.equals("identity")) {
      detail = "Content-Encoding is '%s': send the body as it is".formatted(Faults.quote(encoding));
    }
    return detail.isEmpty()
        ? Optional.empty()
        : Optional.of(Problem.of(ProblemType.UNSUPPORTED_TYPE, detail));
  }

  /** Without parameters, in lower case. */
  static String mimeType(Request.Headers headers) {
    CharSequence type = HttpUtil.getMimeType(headers.contentType());
    return type == null ? "" : type.toString().trim().toLowerCase(Locale.ROOT);
  }
}
