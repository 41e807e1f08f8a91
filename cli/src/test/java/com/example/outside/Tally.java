package com.example.outside;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.WindowStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Somebody else's program: counts words in a store of the engine's, without Kafka. */
public final class Tally {
  private static final byte[] REGION = "EU-West".getBytes(UTF_8);

  private Tally() {}

  /**
   * @param args a state directory, then the words
   */
  public static void main(String[] args) throws Exception {
    EngineConfig config =
        EngineConfig.defaults()
            .bootstrap("127.0.0.1:9092")
            .topic("words")
            .appId("tally")
            .instanceId("0")
            .stateDir(Path.of(args[0]))
            .window(Duration.ofMinutes(1))
            .build();
    long sizeMs = config.windows().windowing().sizeMs();
    Path directory = Files.createDirectories(config.instanceDirectory().resolve("words"));
    try (StoreMemory memory = new StoreMemory(16 << 20);
        WindowStore store =
            WindowStore.open(directory, "words", sizeMs, WindowStore.Bounds.ofHeads(10), memory)) {
      count(store, args);
      for (int i = 1; i < args.length; i++) {
        long[] counts = store.counts(new long[] {0}, REGION, args[i].getBytes(UTF_8));
        System.out.printf("%s %d%n", args[i], counts[0]);
      }
    }
  }

  private static void count(WindowStore store, String[] args) {
    try (WindowStore.Fold fold = store.fold()) {
      WindowStore.Region window = store.window(0, REGION);
      for (int i = 1; i < args.length; i++) {
        byte[] word = args[i].getBytes(UTF_8);
        fold.add(window, word, 0, word.length, 1);
      }
    }
  }
}
