using Engine.Core.Files;
using Xunit;

namespace Engine.Tests.Core;

public sealed class CheckpointTests
{
    private const string Settings = """{"seed":7,"rate":0.1}""";
    private const string Progress = """{"step":12,"note":"é\n"}""";

    private static readonly KeyValuePair<string, StoredTensor>[] Tensors =
    [
        new("w", StoredTensor.Of<float>([2], [1.5f, -2])),
        new("m", StoredTensor.Of<double>([1], [0.25])),
        new("n", StoredTensor.Of<int>([], [3])),
    ];

    [Fact]
    public void WhatIsSavedIsLoaded()
    {
        using TemporaryFolder folder = new();
        string path = folder.At("c");
        Checkpoint.Save(path, Tensors, Settings, Progress);
        Checkpoint loaded = Checkpoint.Load(path);
        Assert.Equal(Tensors, loaded.Tensors);
        Assert.Equal(Settings, loaded.Settings);
        Assert.Equal(Progress, loaded.Progress);
        Assert.Equal(["c"], folder.Names);

        // A checkpoint is a plain safetensors file to others.
        SafeTensorsFile plain = SafeTensors.Read(path);
        Assert.Equal(Tensors, plain.Tensors);
        Assert.Equal(Settings, plain.Metadata["settings"]);
    }

    [Fact]
    public void ContentLongerThanTheBlocksOfTheChecksumIsLoaded()
    {
        using TemporaryFolder folder = new();
        byte[] data = new byte[3_000_004];
        new Random(1).NextBytes(data);
        StoredTensor big = new(Engine.Kernels.ElementType.Float32, [data.Length / 4], data);
        Checkpoint.Save(folder.At("c"), [new("big", big)], "{}", "0");
        Assert.Equal(big, Checkpoint.Load(folder.At("c")).Tensors["big"]);
    }

    [Fact]
    public void EveryChangedByteAndEveryTruncationIsDetected()
    {
        using TemporaryFolder folder = new();
        string path = folder.At("c");
        Checkpoint.Save(path, Tensors, Settings, Progress);
        byte[] saved = File.ReadAllBytes(path);
        for (int i = 0; i < saved.Length; i++)
        {
            foreach (byte change in (ReadOnlySpan<byte>)[1, 0x20, 0x29, 0x80, 0xFF])
            {
                byte[] corrupt = [.. saved];
                corrupt[i] ^= change;
                RequireRefused(path, corrupt);
            }

            RequireRefused(path, saved[..i]);
        }

        RequireRefused(path, [.. saved, 0]);
        RequireRefused(path, [.. saved, .. saved]);
        RequireRefused(path, SafeTensorsTests.Write(new(Tensors)));
    }

    [Fact]
    public void FailureToSaveKeepsTheOldCheckpoint()
    {
        using TemporaryFolder folder = new();
        string path = folder.At("c");
        Checkpoint.Save(path, Tensors, Settings, Progress);
        Assert.Throws<ArgumentException>(() => Checkpoint.Save(path, [.. Tensors, Tensors[0]], Settings, Progress));
        Assert.Throws<ArgumentException>(() => Checkpoint.Save(path, Tensors, "[]", Progress));
        Assert.Throws<ArgumentException>(() => Checkpoint.Save(path, Tensors, "{", Progress));
        Assert.Throws<ArgumentException>(() => Checkpoint.Save(path, Tensors, Settings, "step 3"));
        Assert.Throws<ArgumentNullException>(() => Checkpoint.Save(path, Tensors, Settings, null!));
        Assert.Equal(Progress, Checkpoint.Load(path).Progress);
        Assert.Equal(["c"], folder.Names);
        Assert.Throws<FileNotFoundException>(() => Checkpoint.Load(folder.At("absent")));
    }

    [Theory]
    [InlineData("{}", "{}")]
    [InlineData("""{"a":1,"b":{"c":[1,2],"d":null}}""", """{ "b": {"d":null, "c":[1.0,2e0]}, "a": 1.0 }""")]
    [InlineData("""{"a":"\u0078"}""", """{"a":"x"}""")]
    public void SameSettingsAreTheSameInAnyOrderAndSpelling(string saved, string current) => Checkpoint.RequireSameSettings(saved, current);

    [Fact]
    public void EachDifferingSettingIsNamedWithBothValues()
    {
        const string Saved = """{"seed":1,"rate":0.1,"old":true,"net":{"width":8,"depth":2},"sizes":[1,2],"same":"s"}""";
        const string Current = """{"seed":2,"rate":0.1,"net":{"width":16,"depth":2,"bias":false},"sizes":[1,3],"same":"s"}""";
        string message = Assert.Throws<InvalidOperationException>(() => Checkpoint.RequireSameSettings(Saved, Current)).Message;
        Assert.Equal(
            [
                "The checkpoint was saved with other settings:",
                "seed: 1 in the checkpoint, 2 now",
                "old: true in the checkpoint, absent now",
                "net.width: 8 in the checkpoint, 16 now",
                "net.bias: absent in the checkpoint, false now",
                "sizes: [1,2] in the checkpoint, [1,3] now",
            ],
            message.Split(Environment.NewLine));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"a":1,"a":1}""")]
    public void SettingsThatAreNoObjectAreRefused(string json)
    {
        Assert.Throws<ArgumentException>(() => Checkpoint.RequireSameSettings(json, "{}"));
        Assert.Throws<ArgumentException>(() => Checkpoint.RequireSameSettings("{}", json));
    }

    private static void RequireRefused(string path, byte[] content)
    {
        File.WriteAllBytes(path, content);
        string message = Assert.Throws<InvalidDataException>(() => Checkpoint.Load(path)).Message;
        Assert.StartsWith($"Checkpoint {path} is truncated or corrupt, or no checkpoint: ", message, StringComparison.Ordinal);
    }
}
