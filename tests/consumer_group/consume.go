package main

import (
	"errors"
	"flag"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	v3io "github.com/v3io/v3io-go/pkg/dataplane"
	"github.com/v3io/v3io-go/pkg/dataplane/streamconsumergroup"
)

// Member handles records by printing them.
type Member struct {
	group    streamconsumergroup.StreamConsumerGroup
	stopping chan struct{}
	aborted  chan struct{}
	claims   sync.WaitGroup

	lock      sync.Mutex
	handled   map[int]uint64
	committed map[int]uint64
}

// consume is a member of a consumer group until SIGTERM; then what it handled is committed.
func consume(arguments []string) error {
	endpoint, flags := Endpoint{}, flag.NewFlagSet("consume", flag.ExitOnError)
	endpoint.addFlags(flags)
	config := streamconsumergroup.NewConfig()
	addConfigFlags(flags, config)
	group := flags.String("group", "", "the consumer group")
	name := flags.String("member", "member", "the member's name, which the client makes unique")
	replicas := flags.Int("max-replicas", 1, "among how many members the shards are shared")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)

	container, logger, err := endpoint.connect()
	if err != nil {
		return err
	}
	consumerGroup, err := streamconsumergroup.NewStreamConsumerGroup(
		logger, *group, config, container, endpoint.stream, *replicas)
	if err != nil {
		return err
	}
	client, err := streamconsumergroup.NewMember(consumerGroup, *name)
	if err != nil {
		return err
	}
	member := &Member{
		group:     consumerGroup,
		stopping:  make(chan struct{}),
		aborted:   make(chan struct{}),
		handled:   map[int]uint64{},
		committed: map[int]uint64{},
	}
	emit(Event{"event": "ready", "member": client.GetID()})
	return member.run(client, stop)
}

// addConfigFlags adds a flag for each interval; their defaults are the client's own.
func addConfigFlags(flags *flag.FlagSet, config *streamconsumergroup.Config) {
	for name, value := range map[string]*time.Duration{
		"session-timeout":     &config.Session.Timeout,
		"heartbeat-interval":  &config.Session.HeartbeatInterval,
		"commit-interval":     &config.SequenceNumber.CommitInterval,
		"shard-wait-interval": &config.SequenceNumber.ShardWaitInterval,
		"fetch-interval":      &config.Claim.RecordBatchFetch.Interval,
	} {
		flags.DurationVar(value, name, *value, "such as 250ms")
	}
}

// run consumes in the background: joining a group takes as long as it has no free shards.
func (m *Member) run(client streamconsumergroup.Member, stop <-chan os.Signal) error {
	joined := make(chan error, 1)
	go func() { joined <- client.Consume(m) }()
	for {
		select {
		case err := <-joined:
			if err != nil {
				return err
			}
		case <-m.aborted:
			return errors.New("another member has taken the shards")
		case <-time.After(20 * time.Millisecond):
			m.reportCommitted()
		case <-stop:
			return m.close(client)
		}
	}
}

// close ends the handling, has the client commit for the last time, and says what was committed.
func (m *Member) close(client streamconsumergroup.Member) error {
	close(m.stopping)
	m.claims.Wait()
	if err := client.Close(); err != nil {
		return err
	}
	// The client commits in the background, and offers nothing to wait for.
	for len(m.uncommitted()) > 0 {
		m.reportCommitted()
		time.Sleep(5 * time.Millisecond)
	}
	emit(Event{"event": "stopped"})
	return nil
}

// reportCommitted asks the server how far the group is, and asks again later where it does not say.
func (m *Member) reportCommitted() {
	for _, shard := range m.uncommitted() {
		sequence, err := m.group.GetShardSequenceNumber(shard)
		if err == nil && sequence != m.committed[shard] {
			m.committed[shard] = sequence
			emit(Event{"event": "committed", "shard": shard, "sequence": sequence})
		}
	}
}

// uncommitted returns the shards of which more was handled than is known to be committed.
func (m *Member) uncommitted() []int {
	m.lock.Lock()
	defer m.lock.Unlock()
	shards := []int{}
	for shard, sequence := range m.handled {
		if m.committed[shard] != sequence {
			shards = append(shards, shard)
		}
	}
	return shards
}

// Setup is called with the shards that the member was given, before they are read.
func (m *Member) Setup(session streamconsumergroup.Session) error {
	shards := []int{}
	for _, claim := range session.GetClaims() {
		shards = append(shards, claim.GetShardID())
	}
	m.claims.Add(len(shards))
	emit(Event{"event": "claimed", "member": session.GetMemberID(), "shards": shards})
	return nil
}

// ConsumeClaim handles the records of one shard.
func (m *Member) ConsumeClaim(session streamconsumergroup.Session, claim streamconsumergroup.Claim) error {
	defer m.claims.Done()
	for {
		select {
		case <-m.stopping:
			return nil
		case batch, more := <-claim.GetRecordBatchChan():
			if !more {
				return nil
			}
			for index := range batch.Records {
				if err := m.handle(session, &batch.Records[index]); err != nil {
					return err
				}
			}
		}
	}
}

func (m *Member) handle(session streamconsumergroup.Session, record *v3io.StreamRecord) error {
	emit(Event{
		"event":         "record",
		"shard":         *record.ShardID,
		"sequence":      record.SequenceNumber,
		"data":          record.Data,
		"partition_key": record.PartitionKey,
		"client_info":   record.ClientInfo,
	})
	m.lock.Lock()
	m.handled[*record.ShardID] = record.SequenceNumber
	m.lock.Unlock()
	return session.MarkRecord(record)
}

// Cleanup is called when the session ends; there is nothing to clean up.
func (m *Member) Cleanup(streamconsumergroup.Session) error {
	return nil
}

// Abort is called when a member that was thought to be dead finds its shards taken.
func (m *Member) Abort(streamconsumergroup.Session) error {
	close(m.aborted)
	return nil
}
