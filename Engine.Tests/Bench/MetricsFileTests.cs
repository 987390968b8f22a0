using Engine.Bench.Output;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

public sealed class MetricsFileTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void CellsAreInvariantAndRoundTrip()
    {
        using (var file = new MetricsFile(_temporary.At("m.csv"), 0, "a", "b"))
        {
            file.AppendRow(0.1, 1f / 3);
            file.AppendRow(double.NaN, -1);
            file.AppendRow("say \"hi\", now", null);
            file.AppendRow(true, 1e-300);
        }

        Assert.Equal("a,b\n0.1,0.33333334\nNaN,-1\n\"say \"\"hi\"\", now\",\ntrue,1E-300\n", File.ReadAllText(_temporary.At("m.csv")));
    }

    [Fact]
    public void ResumedFileIsTheSameByteForByte()
    {
        using (var whole = new MetricsFile(_temporary.At("whole.csv"), 0, "i", "x"))
            Write(whole, 0, 1000);

        long position;
        using (var first = new MetricsFile(_temporary.At("m.csv"), 0, "i", "x"))
        {
            Write(first, 0, 400);
            first.Flush(toDisk: true);
            position = first.Position;

            // Rows after the checkpoint, lost with the process.
            Write(first, 400, 523);
        }

        using (var second = new MetricsFile(_temporary.At("m.csv"), position, "i", "x"))
        {
            Assert.Equal(position, second.Position);
            Write(second, 400, 1000);
        }

        Assert.Equal(File.ReadAllBytes(_temporary.At("whole.csv")), File.ReadAllBytes(_temporary.At("m.csv")));
    }

    [Fact]
    public void TruncationSeesWhatIsNotYetOnDisk()
    {
        using (var file = new MetricsFile(_temporary.At("m.csv"), 0, "i", "x"))
        {
            Write(file, 0, 1);
            long position = file.Position;
            Write(file, 1, 50);
            file.TruncateTo(position);
            Assert.Equal(position, file.Position);
        }

        Assert.Equal("i,x\n0,0\n", File.ReadAllText(_temporary.At("m.csv")));
    }

    [Fact]
    public void FileThatIsNotTheCheckpointsIsRefused()
    {
        File.WriteAllText(_temporary.At("m.csv"), "i,x\n0,0\n");
        Assert.Throws<UserError>(() => new MetricsFile(_temporary.At("m.csv"), 100, "i", "x"));
        Assert.Throws<UserError>(() => new MetricsFile(_temporary.At("m.csv"), 6, "i", "x"));
        Assert.Throws<UserError>(() => new MetricsFile(_temporary.At("m.csv"), 8, "i", "y"));
        Assert.Throws<UserError>(() => new MetricsFile(_temporary.At("none.csv"), 8, "i", "x"));
        Assert.Equal("i,x\n0,0\n", File.ReadAllText(_temporary.At("m.csv")));
    }

    [Fact]
    public void RowsMustFitTheColumns()
    {
        using var file = new MetricsFile(_temporary.At("m.csv"), 0, "i", "x");
        Assert.Throws<ArgumentException>(() => file.AppendRow(1));
    }

    private static void Write(MetricsFile file, int from, int to)
        => file.Append(Enumerable.Range(from, to - from).Select(i => new object?[] { i, Math.Sin(i) }));
}
