package io.streamsocial.cli.shell;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.http.Json;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Asks an instance over its HTTP API, as any client would. */
public final class ApiClient {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final String baseUrl;
  private final String token;
  private final HttpClient client;

  public ApiClient(String baseUrl) {
    this(baseUrl, "", null);
  }

  /**
   * @param token sent as the bearer token; empty for none
   * @param tls the certificates to trust; null for those that the JDK trusts
   */
  public ApiClient(String baseUrl, String token, @Nullable SSLContext tls) {
    this.token = token;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5));
    if (tls != null) {
      builder.sslContext(tls);
    }
    client = builder.build();
    this.baseUrl = baseUrl.endsWith("/") ? baseUrl.substring(0, baseUrl.length() - 1) : baseUrl;
  }

  /**
   * @param body as the server sent it
   */
  public record Answer(int status, String body) {
    /**
     * @throws IOException when the answer is no JSON, so not from this API
     */
    public JsonNode json() throws IOException {
      try {
        return Json.MAPPER.readTree(body);
      } catch (JsonProcessingException e) {
        throw new IOException("status %d and no JSON: is this the API?".formatted(status), e);
      }
    }
  }

  public Answer get(String pathAndQuery) throws IOException, InterruptedException {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(URI.create(baseUrl + pathAndQuery)).timeout(TIMEOUT);
    if (!token.isEmpty()) {
      builder.header("Authorization", "Bearer " + token);
    }
    HttpRequest request = builder.build();
    HttpResponse<String> response =
        client.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    return new Answer(response.statusCode(), response.body());
  }

  /** Why no answer came, for a message to the user. */
  public static String reason(IOException failure) {
    return failure instanceof SSLException
        ? "TLS fails, %s; --tls-ca names whom to trust".formatted(failure.getMessage())
        : failure.getClass().getSimpleName();
  }

  /** Percent-encoded for a path segment or a query. */
  public static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
