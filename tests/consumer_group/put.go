package main

import (
	"encoding/json"
	"flag"
	"io"
	"os"

	v3io "github.com/v3io/v3io-go/pkg/dataplane"
)

// NewRecord is a line of standard input; bytes are base64 in it.
type NewRecord struct {
	Data         []byte `json:"data"`
	Shard        *int   `json:"shard"`
	PartitionKey string `json:"partition_key"`
	ClientInfo   []byte `json:"client_info"`
}

// put writes the records of standard input in one request, and prints where each went.
func put(arguments []string) error {
	endpoint, flags := Endpoint{}, flag.NewFlagSet("put", flag.ExitOnError)
	endpoint.addFlags(flags)
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	records, err := readRecords(os.Stdin)
	if err != nil {
		return err
	}
	container, _, err := endpoint.connect()
	if err != nil {
		return err
	}
	response, err := container.PutRecordsSync(&v3io.PutRecordsInput{
		// The client only adds the slash to a stream's path where it is given.
		Path:    endpoint.stream + "/",
		Records: records,
	})
	if err != nil {
		return err
	}
	defer response.Release()
	for index, result := range response.Output.(*v3io.PutRecordsOutput).Records {
		emit(Event{
			"event":    "put",
			"shard":    result.ShardID,
			"sequence": result.SequenceNumber,
			"data":     records[index].Data,
			"error":    result.ErrorMessage,
		})
	}
	return nil
}

func readRecords(lines io.Reader) ([]*v3io.StreamRecord, error) {
	records := []*v3io.StreamRecord{}
	for decoder := json.NewDecoder(lines); ; {
		line := NewRecord{}
		if err := decoder.Decode(&line); err == io.EOF {
			return records, nil
		} else if err != nil {
			return nil, err
		}
		records = append(records, &v3io.StreamRecord{
			Data:         line.Data,
			ShardID:      line.Shard,
			PartitionKey: line.PartitionKey,
			ClientInfo:   line.ClientInfo,
		})
	}
}
