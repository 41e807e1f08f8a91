package io.streamsocial.http.net;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.compression.StandardCompressionOptions;
import io.netty.handler.codec.http.HttpContentCompressor;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Compresses answers by gzip for clients that accept it, and says in each answer that it depends on
 * what they accept, so that no cache gives gzip to one that cannot read it. Also in those that are
 * short: the next one of the same path may be long.
 */
final class ResponseCompression extends HttpContentCompressor {
  private static final int FROM_BYTES = 1_024;
  private static final String GZIP = "gzip";

  ResponseCompression() {
    super(FROM_BYTES, StandardCompressionOptions.gzip());
  }

  @Override
  protected void encode(ChannelHandlerContext ctx, HttpObject message, List<Object> out)
      throws Exception {
    if (message instanceof HttpResponse response && response.status().code() >= 200) {
      response.headers().add(HttpHeaderNames.VARY, HttpHeaderNames.ACCEPT_ENCODING);
    }
    super.encode(ctx, message, out);
  }

  /** Netty's own reads codings as parts of words, and only in lower case. */
  @Override
  protected @Nullable String determineEncoding(String accepted) {
    return acceptsGzip(accepted) ? GZIP : null;
  }

  /**
   * Whether the client can read gzip, and likes it as well as the bare bytes (RFC 9110, section
   * 12.5.3).
   *
   * @param accepted the value of Accept-Encoding
   */
  static boolean acceptsGzip(String accepted) {
    double gzip = -1;
    double identity = -1;
    double any = -1;
    for (String each : accepted.split(",", -1)) {
      int semicolon = each.indexOf(';');
      String coding = semicolon < 0 ? each : each.substring(0, semicolon);
      double quality = semicolon < 0 ? 1 : quality(each.substring(semicolon + 1));
      switch (coding.strip().toLowerCase(Locale.ROOT)) {
        // Section 8.4.1.3: x-gzip is the same.
        case GZIP, "x-gzip" -> gzip = Math.max(gzip, quality);
        case "identity" -> identity = Math.max(identity, quality);
        case "*" -> any = Math.max(any, quality);
        default -> {}
      }
    }
    double ours = gzip < 0 ? any : gzip;
    return ours > 0 && ours >= identity;
  }

  /** Of the weight behind a coding; one that cannot be read is taken for "no". */
  private static double quality(String parameter) {
    String[] parts = parameter.split("=", 2);
    boolean isWeight = parts.length == 2 && parts[0].strip().equalsIgnoreCase("q");
    String value = isWeight ? parts[1].strip() : "";
    // At most three digits behind the point.
    return value.matches("0(\\.[0-9]{0,3})?|1(\\.0{0,3})?") ? Double.parseDouble(value) : 0;
  }
}
