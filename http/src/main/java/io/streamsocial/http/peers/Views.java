package io.streamsocial.http.peers;

import io.streamsocial.processor.trends.ViewQueries;
import io.streamsocial.processor.views.ViewSchema;
import java.util.List;
import java.util.Optional;

/**
 * The views of the application, to be asked across its instances: each question goes to the holders
 * of its partitions, under the deadline of queries, with hedges and retries as every query has them.
 * For endpoints, those of embedding programs too. Any thread; never blocks.
 */
public final class Views {
  private final ViewQueries queries;
  private final Router router;

  Views(ViewQueries queries, Router router) {
    this.queries = queries;
    this.router = router;
  }

  /** What there is to ask. */
  public List<ViewSchema> all() {
    return queries.all();
  }

  /** A view by its name; empty when the application has none of it. */
  public Optional<AskedView> view(String name) {
    return queries.find(name).map(this::of);
  }

  /** One of {@link #all}. */
  public AskedView of(ViewSchema schema) {
    return new AskedView(schema, queries, router);
  }
}
