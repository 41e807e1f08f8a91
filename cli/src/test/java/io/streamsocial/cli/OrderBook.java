package io.streamsocial.cli;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What views of orders should hold: a plain account of them, in the order of their times. */
final class OrderBook {
  private final long windowMs;

  /** Orders, cents, largest order, cents of the latest one; by country and shop, then window. */
  private final Map<String, TreeMap<String, TreeMap<Long, long[]>>> revenue = new TreeMap<>();

  /** Orders and the latest price by shop. */
  private final TreeMap<String, long[]> prices = new TreeMap<>();

  OrderBook(long windowMs) {
    this.windowMs = windowMs;
  }

  void add(String country, String shop, long cents, long timeMs) {
    for (String of : List.of("", country)) {
      count(of, shop, cents, timeMs);
    }
    prices.merge(shop, new long[] {1, cents}, (known, one) -> new long[] {known[0] + 1, one[1]});
  }

  private void count(String country, String shop, long cents, long timeMs) {
    revenue
        .computeIfAbsent(country, of -> new TreeMap<>())
        .computeIfAbsent(shop, of -> new TreeMap<>())
        .merge(
            timeMs - timeMs % windowMs,
            new long[] {1, cents, cents, cents},
            (a, b) -> new long[] {a[0] + 1, a[1] + b[1], Math.max(a[2], b[2]), b[3]});
  }

  @SuppressWarnings("NonApiType") // nested sorted maps, of this class alone
  Map<String, TreeMap<Long, long[]>> shops(String country) {
    return revenue.getOrDefault(country, new TreeMap<>());
  }

  long[] price(String shop) {
    return prices.getOrDefault(shop, new long[2]);
  }

  long orders() {
    return prices.values().stream().mapToLong(price -> price[0]).sum();
  }

  long mostOrders() {
    return prices.values().stream().mapToLong(price -> price[0]).max().orElseThrow();
  }

  String windows(String country, String shop) {
    Map<Long, String> rows = new TreeMap<>();
    shops(country)
        .getOrDefault(shop, new TreeMap<>())
        .forEach(
            (start, row) ->
                rows.put(start, "%d %d %d %d".formatted(row[0], row[1], row[2], row[3])));
    return rows.toString();
  }

  /** The first five by their cents in all windows. */
  List<String> totals(String country) {
    Map<String, Long> totals = new HashMap<>();
    shops(country)
        .forEach(
            (shop, windows) ->
                totals.put(shop, windows.values().stream().mapToLong(row -> row[1]).sum()));
    return totals.entrySet().stream()
        .sorted(
            Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(5)
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .toList();
  }
}
