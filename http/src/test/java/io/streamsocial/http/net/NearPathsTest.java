package io.streamsocial.http.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Resource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class NearPathsTest {
  private static final Endpoint NEVER = request -> new CompletableFuture<>();

  private static final List<Resource> ROUTES =
      List.of(
          Resource.get("/api/trending", NEVER),
          Resource.get("/api/stores/{store}", NEVER),
          Resource.get("/api/stores/users/range", NEVER),
          Resource.get("/api/stores/users/keys/{key}", NEVER),
          Resource.get("/api/stores/prices/range", NEVER),
          Resource.post("/api/stores/prices/query", NEVER));

  @Test
  void aStoreThatThereIsNotIsAnsweredWithThoseThatHaveTheQuestion() {
    assertThat(NearPaths.of(ROUTES, "/api/stores/user/range"))
        .containsExactly("/api/stores/users/range", "/api/stores/prices/range");
    assertThat(NearPaths.of(ROUTES, "/api/stores/user/keys/a%2Fb"))
        .containsExactly("/api/stores/users/keys/{key}");
    assertThat(NearPaths.of(ROUTES, "/api/stores/user/query"))
        .containsExactly("/api/stores/prices/query");
  }

  @Test
  void whatIsWrongInItsLastNameOrInSeveralIsNearNone() {
    for (String path :
        List.of("/", "", "/api/trendy", "/api/stores/users/rang", "/x/stores/y/range", "/a/b/c/d")) {
      assertThat(NearPaths.of(ROUTES, path)).as(path).isEmpty();
    }
  }
}
