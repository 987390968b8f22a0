using Engine.Core.Files;
using Xunit;

namespace Engine.Tests.Core;

public sealed class AtomicFileTests
{
    [Fact]
    public void NewContentReplacesOldAndNothingElseIsLeft()
    {
        using TemporaryFolder folder = new();
        string path = folder.At("f");
        AtomicFile.Write(path, s => s.Write([1, 2, 3]));
        AtomicFile.Write(path, s => s.Write([4]));
        Assert.Equal([4], File.ReadAllBytes(path));
        Assert.Equal(["f"], folder.Names);
    }

    [Fact]
    public async Task APipeIsWrittenToAndStays()
    {
        if (OperatingSystem.IsWindows())
            return;
        using TemporaryFolder folder = new();
        string path = folder.At("pipe");
        System.Diagnostics.Process.Start("mkfifo", [path]).WaitForExit();
        var reader = Task.Run(() => File.ReadAllBytes(path), TestContext.Current.CancellationToken);
        AtomicFile.Write(path, s => s.Write([1, 2, 3]));
        Assert.Equal([1, 2, 3], await reader.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        Assert.Equal(["pipe"], folder.Names);
    }

    [Fact]
    public void FailingWriterLeavesTheOldFileAndNoTemporary()
    {
        using TemporaryFolder folder = new();
        string path = folder.At("f");
        File.WriteAllBytes(path, [7]);
        Assert.Throws<InvalidTimeZoneException>(() => AtomicFile.Write(path, s =>
        {
            s.Write(new byte[100_000]);
            Assert.Equal([7], File.ReadAllBytes(path));
            throw new InvalidTimeZoneException();
        }));
        Assert.Throws<ObjectDisposedException>(() => AtomicFile.Write(path, s => s.Dispose()));
        Assert.Equal([7], File.ReadAllBytes(path));
        Assert.Equal(["f"], folder.Names);
    }

    [Fact]
    public void FailingWriterOfANewFileLeavesNothing()
    {
        using TemporaryFolder folder = new();
        Assert.Throws<IOException>(() => AtomicFile.Write(folder.At("f"), _ => throw new IOException()));
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void TargetThatIsAFolderIsRefusedWithoutATemporary()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder.At("f"));
        Assert.ThrowsAny<Exception>(() => AtomicFile.Write(folder.At("f"), s => s.Write([1])));
        Assert.Equal(["f"], folder.Names);
        Assert.Throws<DirectoryNotFoundException>(() => AtomicFile.Write(Path.Combine(folder.At("absent"), "f"), _ => { }));
        Assert.Throws<ArgumentException>(() => AtomicFile.Write(folder.At("f") + Path.DirectorySeparatorChar, _ => { }));
    }

    [Fact]
    public void TemporariesOfKilledProcessesAreRemovedButNotThoseInUseNorOtherFiles()
    {
        using TemporaryFolder folder = new();
        string[] others = ["f.tmp", "f.0123456.tmp", "f.0123456x.tmp", "g.01234567.tmp", "f.01234567.bak"];
        foreach (string name in others.Append("f.01234567.tmp"))
            File.WriteAllBytes(folder.At(name), [9]);
        using (new FileStream(folder.At("f.89abcdef.tmp"), FileMode.CreateNew, FileAccess.Write, FileShare.None))
            AtomicFile.Write(folder.At("f"), s => s.Write([1]));
        Assert.Equal([.. others.Append("f").Append("f.89abcdef.tmp").Order(StringComparer.Ordinal)], folder.Names);
        AtomicFile.Write(folder.At("f"), s => s.Write([2]));
        Assert.Equal([.. others.Append("f").Order(StringComparer.Ordinal)], folder.Names);
    }

    [Fact]
    public void WritersOfOneFileAtOnceEachWriteItWhole()
    {
        using TemporaryFolder folder = new();
        string path = folder.At("f");
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
            AtomicFile.Write(path, s => s.Write(Enumerable.Repeat((byte)i, 10_000).ToArray())));
        byte[] content = File.ReadAllBytes(path);
        Assert.Equal(10_000, content.Length);
        Assert.Single(content.Distinct());
        Assert.Equal(["f"], folder.Names);
    }

    [Fact]
    public void LinkKeepsPointingAtTheFileItPointsAt()
    {
        if (OperatingSystem.IsWindows())
            return;
        using TemporaryFolder folder = new();
        File.CreateSymbolicLink(folder.At("link"), folder.At("f"));
        AtomicFile.Write(folder.At("link"), s => s.Write([1]));
        AtomicFile.Write(folder.At("link"), s => s.Write([2]));
        Assert.Equal([2], File.ReadAllBytes(folder.At("f")));
        Assert.NotNull(new FileInfo(folder.At("link")).LinkTarget);
    }
}
