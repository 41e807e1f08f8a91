package io.streamsocial.cli.docs;

import java.io.InputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** As much of curl as the pages use: {@code -s -S -N -f -i -X METHOD -H HEADER -d BODY URL}. */
final class CurlStandIn {
  private CurlStandIn() {}

  public static void main(String[] args) throws Exception {
    int code = run(List.of(args), System.out);
    System.out.flush();
    System.exit(code);
  }

  /** Returns the exit code: 22 for an error answer under -f, as curl does. */
  static int run(List<String> args, PrintStream out) throws Exception {
    Deque<String> words = new ArrayDeque<>(args);
    HttpRequest.Builder request = HttpRequest.newBuilder();
    boolean fails = false;
    boolean shows = false;
    while (!words.isEmpty()) {
      String word = words.removeFirst();
      if (word.equals("-H")) {
        List<String> header = List.of(words.removeFirst().split(": *", 2));
        request.header(header.get(0), header.get(1));
      } else if (word.equals("-d") || word.equals("--data-binary")) {
        request.POST(HttpRequest.BodyPublishers.ofString(words.removeFirst()));
      } else if (word.equals("-X")) {
        request.method(words.removeFirst(), HttpRequest.BodyPublishers.noBody());
      } else if (word.matches("-[sSNfi]+")) {
        fails |= word.contains("f");
        shows |= word.contains("i");
      } else if (word.startsWith("-")) {
        throw new IllegalArgumentException("the stand-in for curl does not know " + word);
      } else {
        request.uri(URI.create(word.contains("://") ? word : "http://" + word));
      }
    }
    HttpResponse<InputStream> response =
        HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    if (shows) {
      out.println("HTTP/1.1 " + response.statusCode());
      response.headers().map().forEach((name, values) -> out.println(name + ": " + values));
      out.println();
    }
    response.body().transferTo(out);
    return fails && response.statusCode() >= 400 ? 22 : 0;
  }
}
