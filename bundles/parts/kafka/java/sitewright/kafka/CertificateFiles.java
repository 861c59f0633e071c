package sitewright.kafka;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.KeyStore;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.security.auth.SslEngineFactory;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS by the files tls.crt, tls.key and ca.crt of the folder {@code /etc/kafka/tls}, read again when they have changed.
 *
 * <p>Kafka's own factory reads its files when a broker starts, so a certificate that was renewed would never be served.
 * This one looks at them for each connection; while a renewal is half there, the former certificate is served.
 */
public final class CertificateFiles implements SslEngineFactory {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateFiles.class);
    private static final Path FOLDER = Paths.get("/etc/kafka/tls");
    private static final long EVERY = 10_000_000_000L;

    private Map<String, ?> settings;
    private List<String> known;
    private long looked;
    private volatile DefaultSslEngineFactory current;

    @Override
    public void configure(Map<String, ?> configs) {
        settings = configs;
        try {
            known = read();
            current = made(known);
        } catch (IOException error) {
            throw new KafkaException("the certificate in " + FOLDER + " cannot be read: " + error, error);
        }
        looked = System.nanoTime();
    }

    private static List<String> read() throws IOException {
        return List.of(Files.readString(FOLDER.resolve("tls.crt")), Files.readString(FOLDER.resolve("tls.key")),
                Files.readString(FOLDER.resolve("ca.crt")));
    }

    private DefaultSslEngineFactory made(List<String> files) {
        Map<String, Object> all = new HashMap<>(settings);
        all.put(SslConfigs.SSL_KEYSTORE_TYPE_CONFIG, "PEM");
        all.put(SslConfigs.SSL_KEYSTORE_CERTIFICATE_CHAIN_CONFIG, new Password(files.get(0)));
        all.put(SslConfigs.SSL_KEYSTORE_KEY_CONFIG, new Password(files.get(1)));
        all.put(SslConfigs.SSL_TRUSTSTORE_TYPE_CONFIG, "PEM");
        all.put(SslConfigs.SSL_TRUSTSTORE_CERTIFICATES_CONFIG, new Password(files.get(2)));
        DefaultSslEngineFactory factory = new DefaultSslEngineFactory();
        factory.configure(all);
        return factory;
    }

    private DefaultSslEngineFactory renewed() {
        if (System.nanoTime() - looked > EVERY) {
            synchronized (this) {
                look();
            }
        }
        return current;
    }

    private void look() {
        if (System.nanoTime() - looked <= EVERY) {
            return;
        }
        looked = System.nanoTime();
        try {
            List<String> found = read();
            if (!found.equals(known)) {
                current = made(found);
                known = found;
                LOG.info("the certificate was read anew");
            }
        } catch (IOException | RuntimeException error) {
            LOG.warn("serving the former certificate: {}", error.toString());
        }
    }

    @Override
    public SSLEngine createClientSslEngine(String host, int port, String identification) {
        return renewed().createClientSslEngine(host, port, identification);
    }

    @Override
    public SSLEngine createServerSslEngine(String host, int port) {
        return renewed().createServerSslEngine(host, port);
    }

    @Override
    public boolean shouldBeRebuilt(Map<String, Object> next) {
        return false;
    }

    @Override
    public Set<String> reconfigurableConfigs() {
        return Set.of();
    }

    @Override
    public KeyStore keystore() {
        return current.keystore();
    }

    @Override
    public KeyStore truststore() {
        return current.truststore();
    }

    @Override
    public void close() {
        current.close();
    }
}
