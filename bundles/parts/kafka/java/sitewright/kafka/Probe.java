package sitewright.kafka;

import java.io.ByteArrayInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Proves that the queue does its work and refuses whom it should: {@code Probe BOOTSTRAP}.
 *
 * <p>A message goes into the topic {@link #TOPIC} and is read again; who says no name, who says a wrong password, and
 * who has no right to make topics is refused. Else it ends with an error that says what was otherwise.
 */
public final class Probe {
    static final String TOPIC = "sitewright.probe";
    private static final int PATIENCE = 15_000;

    private Probe() {
    }

    /** Its last line begins with {@code =>} and is the evidence. */
    public static void main(String[] arguments) throws Exception {
        // What Kafka's clients would say of refusals is what is looked for here.
        System.setProperty("log4j2.level", "OFF");
        String bootstrap = arguments[0];
        String password = Users.password("pipeline");
        long taken = thereAndBack(Client.settings(bootstrap, "pipeline", password, PATIENCE));
        refusesNobody(bootstrap.split(",")[0]);
        refusesAWrongPassword(bootstrap, password);
        refusesWithoutRight(bootstrap);
        System.out.println("=> a message there and back in " + taken
                + " ms; refused: no name, a wrong password, a shipper that makes a topic");
    }

    private static long thereAndBack(Map<String, Object> settings) throws Exception {
        String text = UUID.randomUUID().toString();
        Map<String, Object> writing = new HashMap<>(settings);
        writing.put("acks", "all");
        writing.put("delivery.timeout.ms", 2 * PATIENCE);
        Map<String, Object> reading = new HashMap<>(settings);
        reading.put("enable.auto.commit", "false");
        StringDeserializer letters = new StringDeserializer();
        try (KafkaProducer<String, String> producer =
                        new KafkaProducer<>(writing, new StringSerializer(), new StringSerializer());
                KafkaConsumer<String, String> consumer = new KafkaConsumer<>(reading, letters, letters)) {
            producer.partitionsFor(TOPIC);
            long from = System.nanoTime();
            RecordMetadata put = producer.send(new ProducerRecord<>(TOPIC, text)).get();
            TopicPartition partition = new TopicPartition(put.topic(), put.partition());
            consumer.assign(List.of(partition));
            consumer.seek(partition, put.offset());
            while (System.nanoTime() - from < 2_000_000L * PATIENCE) {
                for (ConsumerRecord<String, String> each : consumer.poll(Duration.ofSeconds(1))) {
                    if (each.value().equals(text)) {
                        return (System.nanoTime() - from) / 1_000_000;
                    }
                }
            }
        }
        throw new IOException("the message was written, but not found again");
    }

    /** Asks which topics there are, over TLS, without a word of who it is: the connection has to end. */
    private static void refusesNobody(String address) throws Exception {
        int colon = address.lastIndexOf(':');
        try (SSLSocket socket = (SSLSocket) trusting().getSocketFactory()
                .createSocket(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)))) {
            socket.setSoTimeout(PATIENCE);
            socket.startHandshake();
            byte[] name = "probe".getBytes(StandardCharsets.US_ASCII);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeInt(2 + 2 + 4 + 2 + name.length + 4);
            out.writeShort(3);
            out.writeShort(0);
            out.writeInt(1);
            out.writeShort(name.length);
            out.write(name);
            out.writeInt(0);
            out.flush();
            if (socket.getInputStream().read() >= 0) {
                throw new IOException("a client without name and password was answered");
            }
        }
    }

    private static SSLContext trusting() throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        byte[] authority = Files.readAllBytes(Paths.get(Client.AUTHORITY));
        for (Certificate each : CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(authority))) {
            store.setCertificateEntry(Integer.toString(store.size()), each);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static void refusesAWrongPassword(String bootstrap, String password) throws Exception {
        String wrong = new StringBuilder(password).reverse().append('x').toString();
        try (Admin admin = Client.admin(bootstrap, "pipeline", wrong, PATIENCE)) {
            admin.listTopics().names().get();
        } catch (ExecutionException error) {
            if (error.getCause() instanceof SaslAuthenticationException) {
                return;
            }
            throw error;
        }
        throw new IOException("a client with a wrong password was answered");
    }

    private static void refusesWithoutRight(String bootstrap) throws Exception {
        try (Admin admin = Client.admin(bootstrap, "shipper", Users.password("shipper"), PATIENCE)) {
            admin.createTopics(List.of(new NewTopic("sitewright.refused", 1, (short) 1))).all().get();
        } catch (ExecutionException error) {
            if (error.getCause() instanceof AuthorizationException) {
                return;
            }
            throw error;
        }
        throw new IOException("a client that may only write made a topic");
    }
}
