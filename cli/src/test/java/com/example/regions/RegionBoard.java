package com.example.regions;

import io.streamsocial.http.Parameter;
import io.streamsocial.http.Response;
import io.streamsocial.http.api.Call;
import io.streamsocial.http.api.OwnEndpoint;
import io.streamsocial.http.server.Server;
import io.streamsocial.processor.loop.Engine;
import io.streamsocial.processor.trends.Trending;
import java.io.IOException;
import java.util.concurrent.CompletionStage;

/** The server of an engine, with one more path: the hashtags of a region, as lines of text. */
public final class RegionBoard {
  private static final Parameter<Integer> LIMIT = Parameter.integer("limit", 10, 1, 100);

  private RegionBoard() {}

  /**
   * @param engine that is open and has not joined its group
   */
  public static Server start(Engine engine, int port) throws IOException {
    return Server.builder(engine)
        .listen("127.0.0.1", port)
        .endpoint(
            OwnEndpoint.of("GET", "/api/board/{region}", RegionBoard::top)
                .summary("The hashtags of one region")
                .variable("The region of the posts")
                .parameter(LIMIT, "How many lines")
                .answers("a line a hashtag", "text/plain; charset=utf-8"))
        .start();
  }

  private static CompletionStage<Response> top(Call call) {
    if (call.variable().length() > 64) {
      throw call.badVariable("1 to 64 characters");
    }
    Trending.Question question =
        new Trending.Question(call.get(LIMIT), 3, call.variable(), call.nowMs());
    return call.queries().trending(question).thenApply(RegionBoard::lines);
  }

  private static Response lines(Trending.Answer answer) {
    StringBuilder lines = new StringBuilder();
    for (Trending.Row row : answer.rows()) {
      lines.append("#%s %d%n".formatted(row.hashtag(), row.count()));
    }
    if (answer.completeness().partial()) {
      lines.append("partitions %s are missing%n".formatted(answer.completeness().missing()));
    }
    return Response.text(200, lines.toString());
  }
}
