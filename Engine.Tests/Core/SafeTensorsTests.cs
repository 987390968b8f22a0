using System.Buffers.Binary;
using System.Text;
using Engine.Core.Files;
using Engine.Kernels;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Engine.Tests.Core;

public sealed class SafeTensorsTests
{
    private static readonly string[] NameParts =
        ["", "a", "weight", ".", " ", "\"", "\\", "/", "<", "'", "\n", "\0", "é", "\u2028", "\U0001F600", "{", "__metadata__x"];

    private static readonly Gen<StoredTensor> Tensors =
        from type in Gen.Elements(ElementType.Float32, ElementType.Float64, ElementType.Int32)
        from rank in Gen.Choose(0, 4)
        from shape in Gen.ArrayOf(Gen.Choose(0, 4), rank)
        from bytes in Gen.ArrayOf(Gen.Choose(0, 255).Select(b => (byte)b), shape.Aggregate(type.Size(), (a, b) => a * b))
        select new StoredTensor(type, shape, bytes);

    private static readonly Gen<string> Names = Gen.ListOf(Gen.Elements(NameParts)).Select(string.Concat);

    private static readonly Gen<OrderedDictionary<string, StoredTensor>> Files =
        from names in Gen.ListOf(Names)
        let distinct = names.Distinct().ToArray()
        from tensors in Gen.ArrayOf(Tensors, distinct.Length)
        select new OrderedDictionary<string, StoredTensor>(distinct.Zip(tensors, KeyValuePair.Create));

    [Property]
    public Property WhatIsWrittenIsReadBack()
        => Prop.ForAll(
            Files.ToArbitrary(),
            tensors =>
            {
                OrderedDictionary<string, string> metadata = new(tensors.Keys.Select(k => KeyValuePair.Create(k, k + k)));
                byte[] bytes = Write(tensors, metadata);
                SafeTensorsFile read = SafeTensors.Read(new MemoryStream(bytes));
                SafeTensorsFile streamed = SafeTensors.Read(new OneWayStream(bytes));
                return read.Tensors.SequenceEqual(tensors) && read.Metadata.SequenceEqual(metadata)
                    && streamed.Tensors.SequenceEqual(tensors) && streamed.Metadata.SequenceEqual(metadata);
            });

    [Fact]
    public void EveryTensorIsAlignedToItsElements()
    {
        byte[] bytes = Write(
            new()
            {
                ["i"] = StoredTensor.Of<int>([1], [7]),
                ["d"] = StoredTensor.Of<double>([], [0.5]),
                ["f"] = StoredTensor.Of<float>([1], [2]),
            });
        string header = Header(bytes);
        Assert.Equal(0, BinaryPrimitives.ReadInt64LittleEndian(bytes) % 8);
        Assert.Equal(
            """{"i":{"dtype":"I32","shape":[1],"data_offsets":[8,12]},"d":{"dtype":"F64","shape":[],"data_offsets":[0,8]}"""
            + ""","f":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}""",
            header.TrimEnd(' '));
        Assert.Equal(["i", "d", "f"], SafeTensors.Read(new MemoryStream(bytes)).Tensors.Keys);
    }

    [Fact]
    public void FileIsAsTheFormatSaysByteForByte()
    {
        byte[] bytes = Write(
            new() { ["w"] = StoredTensor.Of<float>([2], [1, -2]), ["n"] = StoredTensor.Of<int>([], [258]) }, new() { ["k"] = "v" });
        byte[] expected =
        [
            .. new byte[] { 0x88, 0, 0, 0, 0, 0, 0, 0 },
            .. Encoding.ASCII.GetBytes(
                """{"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"""
                + ""","n":{"dtype":"I32","shape":[],"data_offsets":[8,12]}}    """),
            0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 2, 1, 0, 0,
        ];
        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(bytes));
    }

    [Fact]
    public void EmptyFileIsAnEmptyObject()
        => Assert.Equal(new byte[] { 8, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}', 32, 32, 32, 32, 32, 32 }, Write([]));

    /// <summary>As Python's library lays files out: the widest elements first, then by name; the header ends in spaces.</summary>
    [Fact]
    public void FileOfPythonsLibraryIsRead()
    {
        const string Json =
            """{"__metadata__":{"format":"pt"},"b.s":{"dtype":"F64","shape":[],"data_offsets":[0,8]}"""
            + ""","a.bias":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},"a.w":{"dtype":"F32","shape":[2,1],"data_offsets":[16,24]}"""
            + ""","none":{"dtype":"F32","shape":[0,3],"data_offsets":[24,24]},"step":{"dtype":"I32","shape":[1],"data_offsets":[24,28]}}""";
        byte[] data =
        [
            .. BitConverter.GetBytes(0.25), .. BitConverter.GetBytes(1f), .. BitConverter.GetBytes(2f),
            .. BitConverter.GetBytes(3f), .. BitConverter.GetBytes(4f), .. BitConverter.GetBytes(-5),
        ];
        SafeTensorsFile file = SafeTensors.Read(new MemoryStream(FileOf(Json.PadRight((Json.Length + 7) / 8 * 8), data)));
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(["b.s", "a.bias", "a.w", "none", "step"], file.Tensors.Keys);
        Assert.Equal(0.25, file.Tensors["b.s"].Elements<double>()[0]);
        Assert.Equal([3f, 4f], file.Tensors["a.w"].Elements<float>().ToArray());
        Assert.Equal([0, 3], file.Tensors["none"].Shape);
        Assert.Equal(-5, file.Tensors["step"].Elements<int>()[0]);
    }

    [Theory]
    [InlineData("F16", "003C00C0007C", ElementType.Float32, 1.0, -2, double.PositiveInfinity)]
    [InlineData("BF16", "803F00C0807F", ElementType.Float32, 1.0, -2, double.PositiveInfinity)]
    [InlineData("BOOL", "010001", ElementType.Int32, 1.0, 0, 1)]
    [InlineData("U8", "0100FF", ElementType.Int32, 1.0, 0, 255)]
    [InlineData("I8", "0180FF", ElementType.Int32, 1.0, -128, -1)]
    [InlineData("U16", "01000080FFFF", ElementType.Int32, 1.0, 32768, 65535)]
    [InlineData("I16", "01000080FFFF", ElementType.Int32, 1.0, -32768, -1)]
    [InlineData("U32", "01000000FFFFFF7F00000000", ElementType.Int32, 1.0, int.MaxValue, 0)]
    [InlineData("I64", "0100000000000000FFFFFF7F0000000000000080FFFFFFFF", ElementType.Int32, 1.0, int.MaxValue, int.MinValue)]
    [InlineData("U64", "0100000000000000FFFFFF7F000000000000000000000000", ElementType.Int32, 1.0, int.MaxValue, 0)]
    public void OtherTypesBecomeThoseThatHoldTheirValues(
        string dtype, string data, ElementType type, double first, double second, double third)
    {
        using var x = Engine.Core.Tensor.From(OneOf(dtype, 3, data).Tensors["x"]);
        Assert.Equal(type, x.Type);
        Assert.Equal([first, second, third], x.ToDoubles());
    }

    [Theory]
    [InlineData("I64", "0000008000000000", "holds 2147483648, which is not from -2147483648 to 2147483647")]
    [InlineData("I64", "FFFFFF7FFFFFFFFF", "holds -2147483649")]
    [InlineData("U32", "FFFFFFFF", "holds 4294967295")]
    [InlineData("U64", "FFFFFFFFFFFFFFFF", "holds 18446744073709551615")]
    [InlineData("BOOL", "02", "holds 2, which is not from 0 to 1")]
    [InlineData("F8_E4M3", "02", "has dtype F8_E4M3, which is not supported")]
    [InlineData("F8_E5M2", "02", "has dtype F8_E5M2, which is not supported")]
    [InlineData("F8_E8M0", "02", "has dtype F8_E8M0, which is not supported")]
    [InlineData("C64", "0000000000000000", "has dtype C64, which is not supported")]
    public void WhatHasNoTypeHereIsAnErrorWhenItIsAskedFor(string dtype, string data, string message)
    {
        using TemporaryFolder folder = new();
        string path = folder.At("x.safetensors");
        File.WriteAllBytes(path, BytesOf(dtype, 1, data));
        var tensors = SafeTensors.Read(path).Tensors;
        Assert.Equal(["before", "x", "y"], tensors.Keys);
        Assert.Equal(3, tensors.Count);
        Assert.True(tensors.ContainsKey("x"));
        Assert.Equal(258, tensors["y"].Elements<int>()[0]);
        Assert.False(tensors.TryGetValue("z", out _));
        string missing = Assert.Throws<KeyNotFoundException>(() => tensors["z"]).Message;
        Assert.Contains("'z'; there are before, x, y", missing, StringComparison.Ordinal);
        foreach (Action ask in (Action[])[() => _ = tensors["x"], () => tensors.TryGetValue("x", out _), () => tensors.ToList()])
            Assert.Contains($"{path}: Tensor 'x' {message}", Assert.Throws<InvalidDataException>(ask).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MetadataMayBeNull()
        => Assert.Empty(SafeTensors.Read(new MemoryStream(FileOf("""{"__metadata__":null}""", []))).Metadata);

    [Fact]
    public void OldHeadersOutOfTheOrderOfTheirDataAreRead()
    {
        const string Json =
            """{"a":{"shape":[1],"data_offsets":[4,8],"dtype":"I32"},"e":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}"""
            + ""","b":{"dtype":"I32","data_offsets":[0,4],"shape":[1]}}""";
        SafeTensorsFile file = SafeTensors.Read(new MemoryStream(FileOf(Json, [1, 0, 0, 0, 2, 0, 0, 0])));
        Assert.Equal(["a", "e", "b"], file.Tensors.Keys);
        Assert.Equal(2, file.Tensors["a"].Elements<int>()[0]);
        Assert.Equal(1, file.Tensors["b"].Elements<int>()[0]);
    }

    [Fact]
    public void PathsAreWrittenAndReadAndErrorsNameThem()
    {
        using TemporaryFolder folder = new();
        string path = folder.At("w.safetensors");
        SafeTensors.Write(path, [new("x", StoredTensor.Of<int>([1], [3]))]);
        Assert.Equal(3, SafeTensors.Read(path).Tensors["x"].Elements<int>()[0]);
        File.WriteAllBytes(path, [1, 2]);
        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => SafeTensors.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WriterRefusesWhatNoReaderTakes()
    {
        StoredTensor x = StoredTensor.Of<int>([], [1]);
        Assert.Throws<ArgumentException>(() => SafeTensors.Write(Stream.Null, [new("__metadata__", x)]));
        Assert.Throws<ArgumentException>(() => SafeTensors.Write(Stream.Null, [new("x", x), new("x", x)]));
        Assert.Throws<ArgumentException>(() => SafeTensors.Write(Stream.Null, [new("\ud800", x)]));
        Assert.Throws<ArgumentException>(() => SafeTensors.Write(Stream.Null, [], [new("k", "1"), new("k", "2")]));
        Assert.Throws<ArgumentException>(() => SafeTensors.Write(Stream.Null, [], [new("k", "\udc00")]));
        Assert.Throws<ArgumentNullException>(() => SafeTensors.Write(Stream.Null, [new("x", null!)]));
    }

    [Fact]
    public void StoredTensorsAreCheckedAndComparedByContent()
    {
        Assert.Equal(StoredTensor.Of<float>([2], [1, 2]), StoredTensor.Of<float>([2], [1, 2]));
        Assert.Equal(StoredTensor.Of<float>([2], [1, 2]).GetHashCode(), StoredTensor.Of<float>([2], [1, 2]).GetHashCode());
        Assert.NotEqual(StoredTensor.Of<float>([2], [1, 2]), StoredTensor.Of<float>([2, 1], [1, 2]));
        Assert.NotEqual(StoredTensor.Of<float>([1], [0]), StoredTensor.Of<int>([1], [0]));
        Assert.Throws<ArgumentException>(() => new StoredTensor(ElementType.Float64, [2], new byte[8]));
        Assert.Throws<ArgumentException>(() => new StoredTensor(ElementType.Float64, [-1, -1], new byte[8]));
        Assert.Throws<ArgumentException>(() => new StoredTensor((ElementType)9, [1], new byte[4]));
        Assert.Throws<ArgumentException>(() => new StoredTensor(ElementType.Int32, [int.MaxValue, int.MaxValue, int.MaxValue], []));
        Assert.Throws<ArgumentException>(() => StoredTensor.Of<float>([1], [1]).Elements<int>().Length);
    }

    private static SafeTensorsFile OneOf(string dtype, int count, string data)
        => SafeTensors.Read(new OneWayStream(BytesOf(dtype, count, data)));

    // Between two tensors that can be read.
    private static byte[] BytesOf(string dtype, int count, string data)
    {
        byte[] bytes = Convert.FromHexString(data);
        int end = 4 + bytes.Length;
        return FileOf(
            $"{{\"before\":{{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[0,4]}}"
            + $",\"x\":{{\"dtype\":\"{dtype}\",\"shape\":[{count}],\"data_offsets\":[4,{end}]}}"
            + $",\"y\":{{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[{end},{end + 4}]}}}}",
            [1, 0, 0, 0, .. bytes, 2, 1, 0, 0]);
    }

    internal static byte[] Write(OrderedDictionary<string, StoredTensor> tensors, OrderedDictionary<string, string>? metadata = null)
    {
        using MemoryStream stream = new();
        SafeTensors.Write(stream, tensors, metadata);
        return stream.ToArray();
    }

    internal static byte[] FileOf(string json, byte[] data) => FileOf(Encoding.UTF8.GetBytes(json), data);

    internal static byte[] FileOf(byte[] json, byte[] data) => [.. BitConverter.GetBytes((long)json.Length), .. json, .. data];

    internal static string Header(byte[] file) => Encoding.UTF8.GetString(file, 8, (int)BinaryPrimitives.ReadInt64LittleEndian(file));
}
