package io.streamsocial.http.server;

import io.streamsocial.http.CachePolicy;
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
import org.jspecify.annotations.Nullable;

/**
 * One file of a page, read from the class path when it is asked for first, and kept: a start would
 * else read and hash megabytes that most instances never send. The first answer takes a few
 * milliseconds of the event loop for it. The path that a client asks for never becomes the name of
 * a file.
 */
final class StaticFile implements Endpoint.Direct {
  private static final int TAG_BYTES = 8;

  private final String name;
  private final String contentType;
  private final Map<String, String> headers;
  private volatile @Nullable Content content;

  private StaticFile(String name, String contentType, Map<String, String> headers) {
    this.name = name;
    this.contentType = contentType;
    this.headers = Map.copyOf(headers);
  }

  /** What is sent, with all headers. */
  private static final class Content {
    private final byte[] body;
    private final String etag;
    private final Map<String, String> headers;

    Content(byte[] body, String etag, Map<String, String> headers) {
      this.body = body;
      this.etag = etag;
      this.headers = headers;
    }
  }

  /**
   * @param name on the class path
   * @param headers beside those of every file
   */
  static StaticFile of(String name, String contentType, Map<String, String> headers) {
    return new StaticFile(name, contentType, headers);
  }

  /** Two event loops may read it at the same time, which does no harm. */
  private Content content() {
    Content known = content;
    if (known == null) {
      known = content(read(name));
      content = known;
    }
    return known;
  }

  private static byte[] read(String name) {
    try (InputStream in = StaticFile.class.getClassLoader().getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("not on the class path, so the build is broken: " + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + name, e);
    }
  }

  private Content content(byte[] body) {
    // Weak, as the bytes on the wire may be compressed.
    String etag = "W/\"" + fingerprint(body) + "\"";
    Map<String, String> all = new HashMap<>(headers);
    all.put(CachePolicy.HEADER, CachePolicy.REVALIDATED);
    all.put("ETag", etag);
    return new Content(body, etag, Map.copyOf(all));
  }

  private static String fingerprint(byte[] bytes) {
    return HexFormat.of().formatHex(Hash.sha256(List.of(bytes)), 0, TAG_BYTES);
  }

  @Override
  public Response answer(Request request) {
    Content file = content();
    return request.has(file.etag)
        ? Response.notModified(file.headers)
        : new Response(200, contentType, file.body, file.headers, false);
  }
}
