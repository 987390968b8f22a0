using System.Text;
using Engine.Bench;
using Engine.Bench.Output;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

public class LenientWriterTests
{
    [Fact]
    public void ProgressThatIsLostEndsNoTraining()
    {
        using var folder = new TemporaryFolder();
        using var output = new StringWriter();
        Assert.Equal(ExitCodes.Ok, Train(folder, output, new Full(0)));
        Assert.Contains("Written to", output.ToString());
        Assert.True(File.Exists(folder.At("run/summary.json")));
    }

    [Fact]
    public void ResultsThatAreLostAreAnErrorAfterTheFilesAreWritten()
    {
        using var folder = new TemporaryFolder();
        using var error = new StringWriter();
        Assert.Equal(ExitCodes.UserError, Train(folder, new Full(1), error, "--quiet"));
        Assert.Equal("The results can't be written to the standard output: no room.", error.ToString().Trim());
        Assert.True(File.Exists(folder.At("run/figure3.svg")));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("devices")]
    [InlineData("play")]
    [InlineData("play", "--all")]
    public void WhateverIsPrintedMayBeLost(params string[] args)
        => Assert.Equal(
            ExitCodes.UserError, LenientWriter.Guard(new Full(1), new Full(0), (output, error) => Program.Run(args, output, error)));

    [Fact]
    public void TheCodeOfAFailureIsKept()
        => Assert.Equal(ExitCodes.Interrupted, LenientWriter.Guard(new Full(0), new Full(0), (output, _) =>
        {
            output.WriteLine("lost");
            return ExitCodes.Interrupted;
        }));

    [Fact]
    public void WhatGoesThroughIsWhatWasWritten()
    {
        using var inner = new StringWriter();
        using var writer = new LenientWriter(inner);
        writer.Write('a');
        writer.Write("bc".AsSpan());
        writer.WriteLine("d");
        writer.Write("{0}-{1}", 1, 2);
        writer.Flush();
        Assert.Equal($"abcd{Environment.NewLine}1-2", inner.ToString());
        Assert.Null(writer.Failure);
    }

    private static int Train(TemporaryFolder folder, TextWriter output, TextWriter error, params string[] more)
        => LenientWriter.Guard(output, error, (results, messages) => Program.Run(
            [
                "train", "--env", "catch", "--method", "1", "--frames", "8", "--envs", "2", "--rollout", "4",
                "--out", folder.At("run"), .. more,
            ],
            results,
            messages));

    // Has room for so many characters.
    private sealed class Full(int room) : TextWriter
    {
        private int _room = room;

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value)
        {
            if (_room-- <= 0)
                throw new IOException("no room.");
        }
    }
}
