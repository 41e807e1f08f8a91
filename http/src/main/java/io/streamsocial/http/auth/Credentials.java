package io.streamsocial.http.auth;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * Where a request carries its token: in {@code Authorization: Bearer}, or, as browsers let no page
 * set a header of a WebSocket, beside the protocols that it offers there, in base64url: {@code
 * Sec-WebSocket-Protocol: trending, bearer.c2VjcmV0}. Never in the address, which ends up in logs
 * and histories.
 */
public final class Credentials {
  /** The one that the server chooses when it is offered. */
  public static final String WEBSOCKET_PROTOCOL = "trending";

  private static final String SCHEME = "Bearer ";
  private static final String IN_PROTOCOLS = "bearer.";

  private Credentials() {}

  /** Empty when there is none, or one that cannot be read. */
  public static Optional<String> token(HttpHeaders headers) {
    List<String> given = headers.getAll(HttpHeaderNames.AUTHORIZATION);
    if (given.size() == 1) {
      String value = given.get(0);
      return value.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
          ? Optional.of(value.substring(SCHEME.length()).strip())
          : Optional.empty();
    }
    return given.isEmpty() ? inProtocols(headers) : Optional.empty();
  }

  private static Optional<String> inProtocols(HttpHeaders headers) {
    for (String header : headers.getAll(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL)) {
      for (String each : header.split(",", -1)) {
        String protocol = each.strip();
        if (protocol.startsWith(IN_PROTOCOLS)) {
          return decoded(protocol.substring(IN_PROTOCOLS.length()));
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<String> decoded(String text) {
    try {
      return Optional.of(new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
