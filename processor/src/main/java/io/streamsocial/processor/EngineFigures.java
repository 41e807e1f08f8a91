package io.streamsocial.processor;

import io.streamsocial.store.HeapBudget;
import io.streamsocial.store.StoreFigures;
import java.util.Collection;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What an engine takes and meets, beside its status: for meters. Each reading is of the moment. Any
 * thread; none blocks.
 */
public final class EngineFigures {
  private final LongSupplier storeMemory;
  private final long storeMemoryBound;
  private final HeapBudget heap;
  private final LongSupplier scans;
  private final LongSupplier missed;
  private final Supplier<Map<Integer, StoreFigures>> stores;
  private final Supplier<Collection<ClientFigures>> clients;

  /**
   * @param storeMemory bytes of native memory that the stores use
   * @param storeMemoryBound bytes that they may use
   * @param missed events that the listener did not hear of
   */
  public EngineFigures(
      LongSupplier storeMemory,
      long storeMemoryBound,
      HeapBudget heap,
      LongSupplier scans,
      LongSupplier missed,
      Supplier<Map<Integer, StoreFigures>> stores,
      Supplier<Collection<ClientFigures>> clients) {
    this.storeMemory = storeMemory;
    this.storeMemoryBound = storeMemoryBound;
    this.heap = heap;
    this.scans = scans;
    this.missed = missed;
    this.stores = stores;
    this.clients = clients;
  }

  /** Bytes of native memory that the stores use now. */
  public long storeMemoryBytes() {
    return storeMemory.getAsLong();
  }

  /** Bytes of native memory that the stores may use. */
  public long storeMemoryBoundBytes() {
    return storeMemoryBound;
  }

  /** What counting keeps on the heap. */
  public HeapBudget heapState() {
    return heap;
  }

  /** Rankings that the heads could not prove, and that were read from the stores. */
  public long scans() {
    return scans.getAsLong();
  }

  /** Events that the listener did not hear of, see {@link EngineListener#missed}. */
  public long missedEvents() {
    return missed.getAsLong();
  }

  /** What RocksDB reports of each store here that can be read, by partition. */
  public Map<Integer, StoreFigures> stores() {
    return stores.get();
  }

  /** What the Kafka clients report of themselves. */
  public Collection<ClientFigures> clients() {
    return clients.get();
  }
}
