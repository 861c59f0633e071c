package sitewright.elasticsearch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.elasticsearch.ElasticsearchSecurityException;
import org.elasticsearch.action.ActionListener;
import org.elasticsearch.action.ActionRequest;
import org.elasticsearch.action.ActionResponse;
import org.elasticsearch.action.CompositeIndicesRequest;
import org.elasticsearch.action.DocWriteRequest;
import org.elasticsearch.action.IndicesRequest;
import org.elasticsearch.action.bulk.BulkItemRequest;
import org.elasticsearch.action.bulk.BulkShardRequest;
import org.elasticsearch.action.support.ActionFilter;
import org.elasticsearch.action.support.ActionFilterChain;
import org.elasticsearch.common.regex.Regex;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.tasks.Task;

/**
 * What each user may do: the file "rights" beside elasticsearch.yml, lines of {@code USER ACTIONS INDICES}, the two lists
 * with commas and {@code *} for anything. Without the file all who are known may do everything; with it, who is in no
 * line may do nothing. The file is read for each action.
 *
 * <p>Actions have Elasticsearch's own names (indices:data/read/search). Those that begin with "indices:" are allowed only
 * on indices of the same line; a request that names none means all of them. What the node does by itself is nobody's.
 */
final class Rights implements ActionFilter {
    private static final String DELETE = "indices:data/write/delete";

    private final Path file;
    private final Supplier<String> user;

    Rights(Path file, Supplier<String> user) {
        this.file = file;
        this.user = user;
    }

    /** After all filters that others may bring: none of them changes what is asked for. */
    @Override
    public int order() {
        return Integer.MAX_VALUE;
    }

    @Override
    public <Q extends ActionRequest, A extends ActionResponse> void apply(
            Task task, String action, Q request, ActionListener<A> listener, ActionFilterChain<Q, A> chain) {
        String name = user.get();
        try {
            if (name != null && Files.exists(file) && !allowed(Files.readAllLines(file), name, action, request)) {
                listener.onFailure(new ElasticsearchSecurityException(
                        "{} has no right to {} here", RestStatus.FORBIDDEN, name, action));
                return;
            }
        } catch (IOException error) {
            listener.onFailure(error);
            return;
        }
        chain.proceed(task, action, request, listener);
    }

    private static boolean allowed(List<String> lines, String name, String action, ActionRequest request) {
        if (request instanceof BulkShardRequest) {
            for (BulkItemRequest item : ((BulkShardRequest) request).items()) {
                boolean deletes = item.request().opType() == DocWriteRequest.OpType.DELETE;
                if (deletes && !anyAllows(lines, name, DELETE, ((BulkShardRequest) request).indices())) {
                    return false;
                }
            }
        }
        // Requests of many parts: each part is an action of its own, and asked about then.
        boolean ofIndices = action.startsWith("indices:") && request instanceof IndicesRequest
                && !(request instanceof CompositeIndicesRequest);
        return anyAllows(lines, name, action, ofIndices ? ((IndicesRequest) request).indices() : null);
    }

    /** Whether a line allows it; `indices` is null where the action is about none. */
    static boolean anyAllows(List<String> lines, String name, String action, String[] indices) {
        for (String line : lines) {
            String[] words = line.trim().split("\\s+");
            if (words.length == 3 && words[0].equals(name) && Regex.simpleMatch(words[1].split(","), action)
                    && (indices == null || within(words[2].split(","), indices))) {
                return true;
            }
        }
        return false;
    }

    private static boolean within(String[] patterns, String[] indices) {
        if (List.of(patterns).contains("*")) {
            return true;
        }
        if (indices.length == 0) {
            return false;
        }
        for (String index : indices) {
            if (index == null || index.startsWith("-") || !Regex.simpleMatch(patterns, index)) {
                return false;
            }
        }
        return true;
    }
}
