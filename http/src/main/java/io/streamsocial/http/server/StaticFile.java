package io.streamsocial.http.server;

import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Hash;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * One file of a page, read from the class path once and kept. The path that a client asks for never
 * becomes the name of a file.
 */
final class StaticFile implements Endpoint.Direct {
  private static final int TAG_BYTES = 8;

  private final String contentType;
  private final byte[] body;
  private final String etag;
  private final Map<String, String> headers;

  private StaticFile(String contentType, byte[] body, Map<String, String> headers) {
    this.contentType = contentType;
    this.body = body;
    // Weak, as the bytes on the wire may be compressed.
    this.etag = "W/\"" + fingerprint(body) + "\"";
    this.headers = new HashMap<>(headers);
    // Kept by browsers, but looked after each time: a new release is seen at once.
    this.headers.put("Cache-Control", "no-cache");
    this.headers.put("ETag", etag);
  }

  /**
   * @param name on the class path
   * @param headers beside those of every file
   */
  static StaticFile of(String name, String contentType, Map<String, String> headers) {
    try (InputStream in = StaticFile.class.getClassLoader().getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("not on the class path, so the build is broken: " + name);
      }
      return new StaticFile(contentType, in.readAllBytes(), headers);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + name, e);
    }
  }

  private static String fingerprint(byte[] bytes) {
    return HexFormat.of().formatHex(Hash.sha256(List.of(bytes)), 0, TAG_BYTES);
  }

  @Override
  public Response answer(Request request) {
    return etag.equals(request.headers().ifNoneMatch())
        ? Response.notModified(etag)
        : new Response(200, contentType, body, headers, false);
  }
}
