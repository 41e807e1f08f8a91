/**
 * The API: one class an endpoint, its parameters, the cache of answers, the JSON bodies, the health
 * of an instance, and {@link io.streamsocial.http.api.Api}, the route table. The description of the
 * API is made of that table.
 *
 * <p>An endpoint asks the router of {@code peers} and never another instance by itself; it neither
 * reads RocksDB nor waits for Kafka on the calling thread.
 */
@NullMarked
package io.streamsocial.http.api;

import org.jspecify.annotations.NullMarked;
